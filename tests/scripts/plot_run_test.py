#!/usr/bin/env python3
"""scripts/plot-run: a figure has a point for each epoch, and what cannot be read is one line."""

import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/plot-run"
EPOCHS, STEPS = 3, 1000


def plot(*arguments):
    return subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True)


def check(condition, message):
    if not condition:
        sys.exit(f"plot_run_test: {message}")


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def polylines(figure):
    found = xml.parse(figure).iter("{http://www.w3.org/2000/svg}polyline")
    return {line[0].text: len(line.get("points").split()) for line in found}


def main():
    with tempfile.TemporaryDirectory() as folder:
        run, figure = Path(folder), Path(folder) / "run.svg"
        row = {"train_loss": 1.5, "train_accuracy": 0.4, "test_loss": 1.7, "test_accuracy": 0.35}
        write_lines(run / "metrics.jsonl", [{"epoch": i + 1, **row} for i in range(EPOCHS)])
        done = plot(run, figure)
        check(done.returncode == 0 and done.stderr == "", done.stderr)
        epochs = {name: EPOCHS for name in ("training loss", "test loss", "training accuracy", "test accuracy")}
        check(polylines(figure) == epochs, f"without steps: {polylines(figure)}")
        write_lines(run / "steps.jsonl", [{"step": i + 1, "loss": 2 - i / STEPS} for i in range(STEPS)])
        check(plot(run, figure).returncode == 0, "with steps")
        shares = -(-STEPS // (STEPS // (100 * EPOCHS)))
        check(polylines(figure) == {"training, shares of an epoch": shares, **epochs}, f"{polylines(figure)}")

        (run / "metrics.jsonl").write_text("")
        for arguments, status, message in (
            ((run, figure), 1, "has no epoch yet"),
            ((run / "none", figure), 1, "No such file"),
            ((run,), 2, "the following arguments are required: OUT"),
        ):
            done = plot(*arguments)
            check(done.returncode == status and message in done.stderr and "Traceback" not in done.stderr, done.stderr)


main()
