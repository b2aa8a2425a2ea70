"""tern's networks in PyTorch by name, as docs/interop/ defines them, and what each was trained with."""

import sys
from pathlib import Path

import torch

if not (Path(__file__).parent / "mini_xception.py").exists():  # in the tree; scripts/gpu-tree puts all into one folder
    sys.path.append(str(Path(__file__).resolve().parents[2] / "docs/interop"))
from mini_xception import MiniXception  # noqa: E402
from mini_xception_dense import MiniXceptionDense  # noqa: E402

MODELS = {"mini_xception": MiniXception, "mini_xception_dense": MiniXceptionDense}

# What each network's own training uses where no flag says otherwise.
NORMALIZE = {"mini_xception": "unit", "mini_xception_dense": "half"}
ADAM_EPSILON = {"mini_xception": 1e-7, "mini_xception_dense": 1e-8}


def build(name, seed=None):
    """A freshly initialised network on the CPU in float32; equal seeds give equal weights."""
    if seed is not None:
        torch.manual_seed(seed)
    return MODELS[name]()


def normalize(pixels, how):
    """Pixel values 0..255 as network inputs of the same type: `unit` x/255, `half` (x/255 - 0.5)/0.5."""
    x = pixels / 255
    return (x - 0.5) / 0.5 if how == "half" else x
