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
TYPES = {"F32": np.float32, "F64": np.float64, "U8": np.uint8, "I8": np.int8, "I32": np.int32, "I64": np.int64}
SIDE, SAMPLE = 32, 1 + 3 * 32 * 32  # of CIFAR-10's files
# In 8 bits all of these is fused: ONNX Runtime adds the same whole numbers and rounds them by the same rule.
SAME_BYTES = {"lenet5", "mlp", "mini_xception_dense"}
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


def session_of(path, optimized=True):
    options = onnxruntime.SessionOptions()
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimized else levels.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def operations_in(path):
    return [node.op_type for node in onnx.load(path).graph.node]


def optimized_operations(path):
    """What ONNX Runtime makes of the file."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = f"{path}.optimized"
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return operations_in(f"{path}.optimized")


def step_of_logits(graph):
    """How far each logit may move where every value of the last tensor of bytes is one step off: |w| times that step."""
    numbers = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    last = makers["output"]
    values, weights = makers[last.input[0]], makers[last.input[1]]
    assert (last.op_type, values.op_type, weights.op_type) == ("Gemm", "DequantizeLinear", "DequantizeLinear"), last
    whole, scale = (numbers[name].astype(np.float64) for name in weights.input[:2])
    return numbers[values.input[1]] * np.abs(whole * scale[:, None]).sum(1)


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

    def images_for(self, file, flags):
        about = {entry.key: entry.value for entry in file.metadata_props}
        normalization = json.loads(about["normalization"])
        scale, shift = (np.float32(normalization[key]).reshape(-1, 1, 1) for key in ("scale", "shift"))
        images = self.pixels * scale + shift
        return np.ascontiguousarray(images if "nchw" in flags else images.transpose(0, 2, 3, 1))

    def check_model(self, weights, path, flags, wanted):
        self.assert_done(run("export", "--checkpoint", weights, "--output", path, *flags))
        file = self.check_file(path)
        images = self.images_for(file, flags)
        session, begin = session_of(path), 0
        for batch in BATCHES:
            rows = slice(begin, begin := begin + batch)
            got = session.run(["output"], {"input": images[rows]})[0]
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

    def check_8_bits(self, model, path, flags, wanted):
        """A sum of float32 on the other side of a half is a byte's neighbour, and what comes of it reaches the logits."""
        file = self.check_file(path)
        images, step = self.images_for(file, flags), step_of_logits(file.graph)
        for optimized in True, False:
            session = session_of(path, optimized)
            got = np.concatenate([session.run(["output"], {"input": part})[0] for part in np.split(images, [1, 4])])
            off = np.abs(got - wanted)
            if optimized and model in SAME_BYTES:
                self.assertEqual(off.max(), 0)
            self.assertTrue((off <= step).all(), (off / step).max())
            ordered = np.sort(wanted, axis=1)
            clear = ordered[:, -1] - ordered[:, -2] > 2 * off.max(1)  # else either class may win
            self.assertTrue(np.array_equal(got.argmax(1)[clear], wanted.argmax(1)[clear]))
            self.assertGreater(clear.mean(), 0.5)
        return file

    def test_models_in_8_bits(self):
        for model, weights in self.weights.items():
            small, path = self.place / f"{model}.safetensors", self.place / f"{model}.onnx"
            self.assert_done(run("quantize", "--checkpoint", weights, "--data", self.images, "--output", small))
            wanted = self.logits_of(small)
            stored = read_safetensors(small)
            for flags in [], ["--layout", "nchw"]:
                with self.subTest(model, flags=flags):
                    self.assert_done(run("export", "--checkpoint", small, "--output", path, *flags))
                    file = self.check_8_bits(model, path, flags, wanted)
                    numbers = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in file.graph.initializer}
                    layers = [name[: -len(".weight_scale")] for name in stored if name.endswith(".weight_scale")]
                    self.assertGreater(len(layers), 0)
                    for name in (f"{layer}.{part}" for layer in layers for part in ("weight", "weight_scale", "bias")):
                        self.assertTrue(np.array_equal(numbers[name].ravel(), stored[name].ravel()), name)
                    about = {entry.key: entry.value for entry in file.metadata_props}
                    self.assertEqual((about["model"], about["quantization"]), (model, "int8"))
                    self.check_fused(path, len(layers))

    def check_fused(self, path, layers):
        """Layers whose sums nothing is added to run on bytes: QLinearConv, QGemm."""
        graph = onnx.load(path).graph
        readers = {name: node.op_type for node in graph.node for name in node.input}
        makers = {output: node.op_type for node in graph.node for output in node.output}
        products = [node for node in graph.node if node.op_type in ("Conv", "Gemm")
                    and all(makers.get(name) == "DequantizeLinear" for name in node.input)]
        self.assertEqual(len(products), layers)
        alone = [node for node in products if readers.get(node.output[0]) in (None, "QuantizeLinear")]
        operations = optimized_operations(path)
        self.assertEqual(operations.count("QLinearConv") + operations.count("QGemm"), len(alone))

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
