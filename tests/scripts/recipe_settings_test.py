#!/usr/bin/env python3
"""bench/peers/recipe.py takes config.toml as tern writes it, and refuses what it does not do. PyTorch is pretended.

usage: recipe_settings_test.py TERN
"""

import contextlib
import io
import subprocess
import sys
import tempfile
import types
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).resolve().parents[2] / "bench/peers"))
torch, nn = types.ModuleType("torch"), types.ModuleType("torch.nn")
torch.get_num_threads, torch.no_grad, torch.nn, nn.functional = lambda: 1, lambda: lambda function: function, nn, None
pytorch = types.ModuleType("pytorch")
pytorch.Trainer = object
sys.modules |= {"torch": torch, "torch.nn": nn, "pytorch": pytorch}
import recipe  # noqa: E402

TERN = sys.argv[1]


def answer(folder, *flags):
    """What recipe.py says of the settings of a run with these flags; none if it takes them."""
    dry = subprocess.run([TERN, "train", "--data", "synthetic", "--preset", "quick", *flags, "--dry-run"],
                         capture_output=True, text=True, check=True).stdout
    config = Path(folder, "config.toml")
    config.write_text("".join(line for line in dry.splitlines(keepends=True) if " = " in line))
    sys.argv = ["recipe.py", str(config), "--data", "DIR"]
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            recipe.parse_arguments()
        except SystemExit:
            return said.getvalue().strip().splitlines()[-1]
    return ""


with tempfile.TemporaryDirectory() as folder:
    failed = []
    for flags, expected in (([], ""), (["--ema", "0.99", "--clip-norm", "1"], ""), (["--optimizer", "sgd", "--lr", "0.1"], ""),
                            (["--validation", "0.2"], "not known here: stratify, validation"),
                            (["--augment", "crop=4,mixup=0.2"], "not known here: augment mixup")):
        said = answer(folder, *flags)
        if not (said.endswith(expected) if expected else said == ""):
            failed.append(f"{' '.join(flags)}: expected '{expected}', got '{said}'")
    print("\n".join(failed) or "5 settings answered as expected")
    sys.exit(bool(failed))
