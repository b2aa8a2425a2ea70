#!/usr/bin/env python3
"""ONNX files of all models and of every operation that is written: valid, and ONNX Runtime computes with them what tern computes.

usage: onnx_test.py TERN TERN_EXPORT_OPERATIONS
"""

import json
import sys
from pathlib import Path

try:
    import numpy as np
    import onnx
    import onnxruntime
except ImportError as error:
    sys.exit(f"{sys.executable} has no {error.name} (pip install numpy onnx onnxruntime)")
sys.path.append(str(Path(__file__).resolve().parents[1] / "apps"))
import tern_process  # noqa: E402
from tern_process import TernTest, run  # noqa: E402

BOUND = 1e-5  # share of the largest result: float32 on both sides, sums in different orders
BATCHES = 1, 3, 64
TYPES = {"F32": np.float32, "F64": np.float64, "U8": np.uint8, "I32": np.int32, "I64": np.int64}
SIDE, SAMPLE = 32, 1 + 3 * 32 * 32  # of CIFAR-10's files
NOT_FOLDED = {"wrn_16_1": 7}  # batch norms behind a sum, which has no weights
EXPORT_OPERATIONS = ""


def read_safetensors(path):
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    tensors = {}
    for name, about in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + at for at in about["data_offsets"])
            tensors[name] = np.frombuffer(content[begin:end], TYPES[about["dtype"]]).reshape(about["shape"])
    return tensors


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def operations_in(path):
    return [node.op_type for node in onnx.load(path).graph.node]


class OnnxTest(TernTest):
    def check_file(self, path):
        onnx.checker.check_model(str(path), full_check=True)
        return onnx.load(path)

    def check_near(self, got, wanted, what):
        self.assertEqual((got.shape, got.dtype), (wanted.shape, wanted.dtype), what)
        if wanted.dtype.kind != "f":
            self.assertTrue(np.array_equal(got, wanted), what)
            return
        self.assertTrue(np.isfinite(wanted).all(), what)
        error = np.abs(got - wanted).max()
        self.assertLessEqual(error, BOUND * np.abs(wanted).max(), what)


class OperationsTest(OnnxTest):
    def test_operations(self):
        done = tern_process.subprocess.run([EXPORT_OPERATIONS, self.place], capture_output=True, text=True)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        names = sorted(path.stem for path in self.place.glob("*.safetensors"))
        self.assertGreater(len(names), 80)
        for name in names:
            tensors = read_safetensors(self.place / f"{name}.safetensors")
            for layout, order in {"": (0, 1, 2, 3), ".nchw": (0, 3, 1, 2)}.items():
                path = self.place / f"{name}{layout}.onnx"
                with self.subTest(name + layout):
                    self.check_file(path)
                    session = session_of(path)
                    for batch in BATCHES:
                        x = np.ascontiguousarray(tensors[f"input.{batch}"].transpose(order))
                        self.check_near(session.run(["output"], {"input": x})[0], tensors[f"output.{batch}"], batch)

    def test_transpositions(self):
        """Convolutions are written with one at the input, or none where it lies so."""
        done = tern_process.subprocess.run([EXPORT_OPERATIONS, self.place], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0)
        counts = {name: [operations_in(self.place / f"{name}{layout}.onnx").count("Transpose") for layout in ("", ".nchw")]
                  for name in ("conv_chain", "separable", "squeeze_and_excite", "flatten", "flatten_input")}
        self.assertEqual(counts, {"conv_chain": [2, 1], "separable": [2, 1], "squeeze_and_excite": [2, 1], "flatten": [1, 0],
                                  "flatten_input": [1, 0]})


class ModelsTest(OnnxTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.images = cls.shared / "images"
        run("data", "synthesize", cls.images, "--train-samples", 100, "--test-samples", 64 + 3 + 1).check_returncode()
        stored = np.fromfile(cls.images / "test_batch.bin", np.uint8).reshape(-1, SAMPLE)[:, 1:]
        cls.pixels = stored.reshape(-1, 3, SIDE, SIDE).astype(np.float32)
        models = json.loads(run("info", "--json").stdout)["models"]
        cls.weights = {}
        for model in models:  # statistics and biases as training makes them
            folder = cls.shared / model
            run("train", "--data", cls.images, "--model", model, "--batch-size", 20, "--steps", 4, "--run",
                folder).check_returncode()
            cls.weights[model] = folder / "last.safetensors"

    def logits_of(self, weights):
        path = self.place / "logits.safetensors"
        self.assert_done(run("evaluate", "--checkpoint", weights, "--data", self.images, "--logits", path))
        return read_safetensors(path)["logits"]

    def check_model(self, weights, path, flags, wanted):
        self.assert_done(run("export", "--checkpoint", weights, "--output", path, *flags))
        file = self.check_file(path)
        about = {entry.key: entry.value for entry in file.metadata_props}
        normalization = json.loads(about["normalization"])
        scale, shift = (np.float32(normalization[key]).reshape(-1, 1, 1) for key in ("scale", "shift"))
        images = self.pixels * scale + shift
        if "nchw" not in flags:
            images = images.transpose(0, 2, 3, 1)
        session, begin = session_of(path), 0
        for batch in BATCHES:
            rows = slice(begin, begin := begin + batch)
            got = session.run(["output"], {"input": np.ascontiguousarray(images[rows])})[0]
            self.check_near(got, wanted[rows], (flags, batch))
            self.assertTrue(np.array_equal(got.argmax(1), wanted[rows].argmax(1)), (flags, batch))
        return file

    def test_models(self):
        for model, weights in self.weights.items():
            wanted = self.logits_of(weights)
            names = {name for name in read_safetensors(weights) if not name.endswith("num_batches_tracked")}
            for flags in [], ["--fold"], ["--layout", "nchw"], ["--fold", "--layout", "nchw"]:
                with self.subTest(model, flags=flags):
                    file = self.check_model(weights, self.place / "model.onnx", flags, wanted)
                    operations = [node.op_type for node in file.graph.node]
                    self.assertEqual(operations.count("Transpose"), 0 if "nchw" in flags else 1)
                    initializers = {tensor.name for tensor in file.graph.initializer}
                    if "--fold" in flags:
                        self.assertEqual(operations.count("BatchNormalization"), NOT_FOLDED.get(model, 0))
                    else:
                        self.assertEqual(names - initializers, set())

    def test_what_a_file_says_of_itself(self):
        self.assert_done(run("export", "--checkpoint", self.weights["lenet5"], "--output", self.place / "model.onnx"))
        file = self.check_file(self.place / "model.onnx")
        about = {entry.key: entry.value for entry in file.metadata_props}
        self.assertEqual(about["model"], "lenet5")
        self.assertEqual(json.loads(about["image"]), [SIDE, SIDE, 3])
        self.assertEqual(len(json.loads(about["classes"])), 10)
        (x,), (y,) = file.graph.input, file.graph.output
        dimensions = [[d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim] for value in (x, y)]
        self.assertEqual(dimensions, [["N", SIDE, SIDE, 3], ["N", 10]])
        self.assertEqual((x.name, y.name, file.opset_import[0].version), ("input", "output", 17))

    def test_equal_weights_give_equal_bytes(self):
        for name in "a", "b":
            run("export", "--checkpoint", self.weights["resnet20"], "--output", self.place / name).check_returncode()
        self.assertEqual((self.place / "a").read_bytes(), (self.place / "b").read_bytes())


if __name__ == "__main__":
    EXPORT_OPERATIONS = sys.argv.pop(2)
    tern_process.main()
