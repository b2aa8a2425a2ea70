#!/usr/bin/env python3
"""Writes the JSON files of this folder with PyTorch. Needs torch and numpy; tests only read the files.

usage: make_golden.py [FILE...]    (default: all; some minutes)
"""

import json
import sys
from pathlib import Path

import model_golden
import operation_golden
import torch

MAKERS = {
    **{name: lambda name=name: model_golden.golden(name) for name in model_golden.models.MODELS},
    **{name: lambda name=name: operation_golden.golden(name) for name in operation_golden.FILES},
}


def write(path, content, depth):
    """JSON with a line for every entry down to `depth`, so that a changed number is a short diff."""

    def text(value, level):
        if level == 0 or not isinstance(value, (dict, list)) or not value:
            return json.dumps(value, separators=(",", ":"), allow_nan=False)
        pad = " " * (depth - level + 1)
        if isinstance(value, dict):
            inner = [f"{pad}{json.dumps(key)}: {text(item, level - 1)}" for key, item in value.items()]
            return "{\n" + ",\n".join(inner) + "\n" + pad[1:] + "}"
        inner = [pad + text(item, level - 1) for item in value]
        return "[\n" + ",\n".join(inner) + "\n" + pad[1:] + "]"

    path.write_text(text(content, depth) + "\n")


def main():
    names = [Path(argument).stem for argument in sys.argv[1:]] or list(MAKERS)
    if unknown := [name for name in names if name not in MAKERS]:
        sys.exit(f"make_golden.py: unknown {', '.join(unknown)}; there are {', '.join(MAKERS)}")
    folder = Path(__file__).resolve().parent
    for name in names:
        path = folder / f"{name}.json"
        content = {"torch": torch.__version__, **MAKERS[name]()}
        write(path, content, depth=4 if name in model_golden.models.MODELS else 3)
        print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
