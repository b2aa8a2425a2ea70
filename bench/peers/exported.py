"""A network of models.py for inference.py: as a module, as an ONNX file, and the images that it is given.

PyTorch is imported where it is first needed: it takes seconds, which a kept file saves.
"""

import contextlib
import hashlib
import os
import sys
import tempfile
from pathlib import Path

import cifar10

BATCH = "batch"  # the name of the size that is left open


def fail(text):
    sys.exit(f"{Path(sys.argv[0]).name}: {text}")


class Network:
    """Of a checkpoint, or with random weights, or of an ONNX file. Files made of it stay in `folder`."""

    image = (3, 32, 32)

    def __init__(self, model, folder, checkpoint=None, onnx=None, data=None, calibration=512):
        self._model, self._onnx, self._data, self._calibration = model, onnx, data, calibration
        self._checkpoint, self._normalization = checkpoint, None
        try:
            content = b"".join(Path(path).read_bytes() for path in (checkpoint, onnx) if path)
        except OSError as error:
            fail(f"{error.filename}: {error.strerror}")
        key = hashlib.sha256(content + f"{model} {data} {calibration}".encode()).hexdigest()[:16]
        self._folder = Path(folder) / f"{model}-{key}"
        self._folder.mkdir(parents=True, exist_ok=True)

    def module(self):
        """In evaluation mode."""
        import models

        if self._model not in models.MODELS:
            fail(f"no model {self._model}, only {', '.join(sorted(models.MODELS))}")
        network = models.build(self._model, seed=0)
        if self._checkpoint:
            import tern_weights  # needs safetensors

            try:
                self._normalization = tern_weights.load(network, self._checkpoint).get("normalization", {})
            except Exception as error:  # safetensors' own, and PyTorch's of names and shapes
                fail(f"{self._checkpoint}: no weights of {self._model}: {' '.join(str(error).split())[:200]}")
        return network.eval()

    def made(self, name, make):
        """The file of that name, made by make(path) where it is not there yet."""
        place = self._folder / Path(name).stem
        if not place.exists():
            # Whole folders are renamed, for some write several files. What they print is no result.
            scratch = Path(tempfile.mkdtemp(dir=self._folder))
            with contextlib.redirect_stdout(sys.stderr):
                make(scratch / name)
            os.replace(scratch, place)
        return place / name

    @property
    def onnx(self):
        return Path(self._onnx) if self._onnx else self.made("float32.onnx", self._export)

    def _export(self, path):
        import torch

        images = torch.rand(2, *self.image)
        torch.onnx.export(self.module(), (images,), path, dynamo=True, external_data=False, verbose=False,
                          input_names=["images"], dynamic_shapes=({0: torch.export.Dim(BATCH)},))

    def inputs(self, pixels):
        """Pixel values (N, C, H, W) 0..255 as the network wants them, in float32."""
        import models
        import torch

        if self._checkpoint and self._normalization is None:
            self.module()
        pixels = torch.from_numpy(pixels)
        if self._normalization:
            import tern_weights

            return tern_weights.inputs(pixels, self._normalization).numpy()
        return models.normalize(pixels.float(), models.NORMALIZE[self._model]).numpy()

    def calibration_inputs(self):
        """(N, C, H, W) float32: of the first training images, or of random ones where no folder is named."""
        if not self._data:
            return self.inputs(cifar10.noise(self._calibration)[0])
        return self.inputs(cifar10.read_or_exit(self._data, cifar10.TRAIN[:1])[0][:self._calibration])

    def test_images(self):
        """Images (N, C, H, W) uint8 and labels (N)."""
        return cifar10.read_or_exit(self._data, cifar10.TEST)
