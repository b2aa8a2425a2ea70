#!/usr/bin/env python3
"""scripts/plot-run: a figure has a point for each epoch, and what cannot be read is one line."""

import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/plot-run"
EPOCHS, STEPS, BATCH = 3, 900, 16


def plot(*arguments):
    return subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True)


def check(condition, message):
    if not condition:
        sys.exit(f"plot_run_test: {message}")


def write_lines(path, log):
    path.write_text("".join(json.dumps(line) + "\n" for line in log))


def polylines(figure):
    found = xml.parse(figure).iter("{http://www.w3.org/2000/svg}polyline")
    return {line[0].text: len(line.get("points").split()) for line in found}


def main():
    with tempfile.TemporaryDirectory() as folder:
        run, figure = Path(folder), Path(folder) / "run.svg"
        line = {"train_loss": 1.5, "train_accuracy": 0.4, "test_loss": 1.7, "test_accuracy": 0.35}
        line |= {"seconds": 2.0, "images_per_second": STEPS * BATCH / EPOCHS / 2}
        log = [{"epoch": i + 1, **line} for i in range(EPOCHS)]
        write_lines(run / "metrics.jsonl", log)
        done = plot(run, figure)
        check(done.returncode == 0 and done.stderr == "", done.stderr)
        epochs = {name: EPOCHS for name in ("training loss", "test loss", "training accuracy", "test accuracy")}
        check(polylines(figure) == epochs, f"without steps: {polylines(figure)}")
        write_lines(run / "steps.jsonl", [{"step": i + 1, "loss": 2 - i / STEPS} for i in range(STEPS)])
        (run / "config.toml").write_text(f"model = 'mini_xception'\nbatch_size = {BATCH}\n")
        check(plot(run, figure).returncode == 0, "with steps")
        share = STEPS // EPOCHS // 100
        check(polylines(figure) == {"training, shares of an epoch": -(-STEPS // share), **epochs}, f"{polylines(figure)}")
        write_lines(run / "metrics.jsonl", [{**log[0], "train_loss": 0, "test_loss": 0}])
        (run / "steps.jsonl").unlink()
        check(plot(run, figure).returncode == 0, "losses of 0")

        validated = {**line, "test_loss": None, "test_accuracy": None, "validation_loss": 1.6, "validation_accuracy": 0.3}
        write_lines(
            run / "metrics.jsonl",
            [{"epoch": i + 1, **validated} for i in range(EPOCHS)] + [{"best_epoch": 1, "test_loss": 1.7, "test_accuracy": 0.35}],
        )
        check(plot(run, figure).returncode == 0, "a validated run")
        names = {"training loss", "validation loss", "training accuracy", "validation accuracy"}
        check(polylines(figure) == dict.fromkeys(names, EPOCHS), f"validated: {polylines(figure)}")

        write_lines(run / "metrics.jsonl", log)
        for prepare, arguments, status, message in (
            (None, (run, run), 1, f"plot-run: {run}: Is a directory"),
            (None, (run / "none", figure), 1, "metrics.jsonl: No such file or directory"),
            (None, (run,), 2, "the following arguments are required: OUT"),
            ([{**log[0], "test_loss": None}], (run, figure), 1, "is of a run of steps"),
            ([], (run, figure), 1, "has no epoch yet"),
        ):
            if prepare is not None:
                write_lines(run / "metrics.jsonl", prepare)
            done = plot(*arguments)
            check(done.returncode == status and message in done.stderr and "Traceback" not in done.stderr, done.stderr)


main()
