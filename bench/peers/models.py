"""tern's networks in PyTorch by name, as docs/interop/ defines them, and what each was trained with."""

import importlib
import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
# scripts/gpu-tree puts all into one folder
FOLDER = HERE if (HERE / "tern_weights.py").exists() else HERE.parent.parent / "docs/interop"
sys.path.append(str(FOLDER))


def networks():
    """Name and class of each: NAME.py has a class Name, which says what its own training uses."""
    for path in sorted(FOLDER.glob("*.py")):
        word = path.stem.title().replace("_", "")
        if f"class {word}(nn.Module)" in path.read_text():
            yield path.stem, getattr(importlib.import_module(path.stem), word)


MODELS = dict(networks())
NORMALIZE = {name: network.NORMALIZE for name, network in MODELS.items()}
ADAM_EPSILON = {name: network.ADAM_EPSILON for name, network in MODELS.items()}


def build(name, seed=None):
    """A freshly initialised network on the CPU in float32; equal seeds give equal weights."""
    if seed is not None:
        torch.manual_seed(seed)
    return MODELS[name]()


def normalize(pixels, how):
    """Pixel values 0..255 as network inputs of the same type: `unit` x/255, `half` (x/255 - 0.5)/0.5."""
    x = pixels / 255
    return (x - 0.5) / 0.5 if how == "half" else x
