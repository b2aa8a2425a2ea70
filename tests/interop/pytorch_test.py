#!/usr/bin/env python3
"""Weights from tern to PyTorch and back: equal logits, and the Python of docs/interop.md runs as it stands.

usage: pytorch_test.py TERN
"""

import contextlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "docs/interop"), str(ROOT / "bench/peers")]
try:
    import numpy as np
    import torch
    from safetensors.torch import load_file, save_file
except ImportError as error:
    sys.exit(f"{sys.executable} has no {error.name} (pip install torch numpy safetensors)")
import cifar10  # noqa: E402
import models  # noqa: E402
import tern_weights  # noqa: E402

BOUND = 1e-5  # share of the largest logit: float32 on both sides, sums in different orders
TERN = Path(sys.argv[1]).resolve()


def tern(*arguments):
    """Runs tern, quietly unless it fails."""
    done = subprocess.run([TERN, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"tern {' '.join(map(str, arguments))}: status {done.returncode}: {done.stderr}")


def refusal(*arguments):
    """What tern says to a command that it refuses."""
    done = subprocess.run([TERN, *arguments], capture_output=True, text=True)
    assert done.returncode == 1, done
    return done.stderr


def make_set(folder, classes):
    """A random data set in CIFAR-10's layout: 5 x 8 samples to train on, 20 to test."""
    folder.mkdir()
    generator = np.random.default_rng(1)
    for name in cifar10.TRAIN + cifar10.TEST:
        count = 20 if name in cifar10.TEST else 8
        samples = generator.integers(0, 256, (count, cifar10.SAMPLE), dtype=np.uint8)
        samples[:, 0] = np.arange(count) % classes
        samples.tofile(folder / name)
    (folder / "batches.meta.txt").write_text("".join(f"class {k}\n" for k in range(classes)))
    return torch.from_numpy(cifar10.read(folder, cifar10.TEST)[0])


def logits_of_tern(weights, data, *flags):
    tern("evaluate", "--checkpoint", weights, "--data", data, "--logits", "logits.safetensors", *flags)
    return load_file("logits.safetensors")["logits"]


def check_equal(what, mine, theirs):
    assert mine.shape == theirs.shape, f"{what}: {mine.shape}, {theirs.shape}"
    worst, largest = (x.abs().max().item() for x in (mine - theirs, theirs))
    print(f"{what}: logits up to {largest:.2g} differ by {worst:.1e} at most", flush=True)
    assert 1e-3 < largest and worst <= BOUND * largest, what


@torch.no_grad()
def from_tern(name, data, images):
    run = Path("runs", name)
    tern("train", "--model", name, "--data", data, "--steps", "4", "--batch-size", "16", "--run", run)
    model = models.build(name)
    info = tern_weights.load(model, run / "last.safetensors")
    assert info["model"] == name and info["classes"][9] == "class 9" and len(info["classes"]) == 10, info
    logits = model(tern_weights.inputs(images, info["normalization"]))
    check_equal(f"{name}, tern to PyTorch", logits, logits_of_tern(run / "last.safetensors", data))


@torch.no_grad()
def to_tern(name, data, images, classes):
    torch.manual_seed(3)
    model = models.MODELS[name](classes)
    inputs = models.normalize(images.float(), models.NORMALIZE[name])
    for key, buffer in model.named_buffers():
        if "running" in key:  # away from 0 and 1; small variances, so that differences grow from layer to layer
            buffer.uniform_(*((-0.1, 0.1) if key.endswith("mean") else (0.05, 0.3)))
    logits = model.eval()(inputs)
    save_file(model.state_dict(), "plain.safetensors")
    check_equal(f"{name}, PyTorch to tern", logits, logits_of_tern("plain.safetensors", data, "--model", name))

    half = {key: value.half() if value.is_floating_point() else value for key, value in model.state_dict().items()}
    rounded = models.MODELS[name](classes)
    rounded.load_state_dict(half, strict=True)
    logits_of_half = rounded.eval()(inputs)
    save_file({f"_orig_mod.module.{key}": value for key, value in half.items()}, "half.safetensors")
    read = logits_of_tern("half.safetensors", data, "--model", name)
    check_equal(f"{name}, float16 behind wrappers", logits_of_half, read)
    for old in (True, False):
        torch.save({"epoch": 3, "state_dict": half}, "model.pt", _use_new_zipfile_serialization=not old)
        line = refusal("evaluate", "--checkpoint", "model.pt", "--data", data, "--model", name)
        assert line.startswith("tern: [model.pt] is a PyTorch file, expected a safetensors file; "), line
        script = ROOT / "docs/interop/tern_weights.py"
        subprocess.run([sys.executable, script, "model.pt", "made.safetensors"], check=True)
        check_equal(f"{name}, converted", logits_of_half, logits_of_tern("made.safetensors", data, "--model", name))

    scale, shift = (1 / 127.5, -1.0) if models.NORMALIZE[name] == "half" else (1 / 255, 0.0)
    normalization = {"name": models.NORMALIZE[name], "scale": [scale] * 3, "shift": [shift] * 3}
    names = [f"class {k}" for k in range(classes)]
    tern_weights.save(model, "own.safetensors", {"model": name, "classes": names, "normalization": normalization})
    check_equal(f"{name}, the same with metadata", logits, logits_of_tern("own.safetensors", data))
    assert tern_weights.load(models.MODELS[name](classes), "own.safetensors")["normalization"] == normalization
    assert tern_weights.load(models.MODELS[name](classes), "plain.safetensors") == {}


@torch.no_grad()
def page(images):
    """The Python blocks of the page, one after the other, in a folder that has the run they name."""
    blocks = re.findall(r"\n\n((?:    .*\n|\n)+)", (ROOT / "docs/interop.md").read_text())
    blocks = [block for block in blocks if re.search(r"tern_weights\.(load|save)", block)]
    python = [re.sub("^    ", "", block, flags=re.M) for block in blocks]
    assert len(python) == 2, python
    names = {"images": images}
    for block in python:
        exec(block, names)
    assert len(names["names"]) == len(images) and Path("from_pytorch.safetensors").exists()
    print("docs/interop.md: both blocks ran")


def main():
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        ten, four = Path("ten"), Path("four")
        images = make_set(ten, 10)
        make_set(four, 4)
        for name in models.MODELS:
            from_tern(name, ten, images)
            to_tern(name, four, images, 4)
        Path("runs/mini_xception").rename("runs/RUN")
        page(images)


if __name__ == "__main__":
    main()
