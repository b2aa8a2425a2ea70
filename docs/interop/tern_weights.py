"""tern's weight files from and to PyTorch (needs torch and safetensors): docs/interop.md.

usage: tern_weights.py FROM.pt TO.safetensors    Takes the tensors out of a file in PyTorch's own format.
"""

import json
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file


def load(model, path):
    """Loads the weights into `model`, all names and shapes as they must be, and puts it into evaluation mode.

    Returns what tern wrote beside them: "model", "classes" (names, in the order of the logits) and "normalization";
    empty for a file that another program wrote.
    """
    model.load_state_dict(load_file(path), strict=True)
    model.eval()
    with safe_open(path, "pt") as file:
        text = file.metadata() or {}
    if "format_version" not in text:
        return {}
    return {
        "model": text["model"],
        "classes": json.loads(text["classes"]),
        "normalization": json.loads(text["normalization"]),
    }


def save(model, path, info=None):
    """Writes a file that `tern evaluate` and `--init` take. Without `info`, as load() returns it, they need `--model`
    and take the normalisation of the model's paper."""
    metadata = {}
    if info:
        metadata = {"format_version": "1", "model": info["model"]}
        metadata |= {key: json.dumps(info[key]) for key in ("classes", "normalization")}
    state = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    save_file(state, path, metadata)


def inputs(images, normalization):
    """Images (N, 3, H, W) uint8 as the network wants them: x scale + shift, per channel."""
    scale, shift = (torch.tensor(normalization[key]).view(3, 1, 1) for key in ("scale", "shift"))
    return images.float() * scale + shift


def convert(source, target):
    """Writes the tensors of a file of torch.save(), a state_dict() or a checkpoint with one in it, as safetensors."""
    content = torch.load(source, map_location="cpu", weights_only=True)
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(content.get(key), dict):
            content = content[key]
    state = {key: value.clone().contiguous() for key, value in content.items() if isinstance(value, torch.Tensor)}
    if not state:
        raise SystemExit(f"{source} holds no tensors by name, only {', '.join(map(str, content)) or 'nothing'}")
    save_file(state, target)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    convert(*sys.argv[1:])
