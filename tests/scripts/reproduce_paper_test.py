#!/usr/bin/env python3
"""scripts/reproduce-paper at a tiny scale, with pretended PyTorch and Keras: its page and numbers against the run folders, what is
kept, what fails, what was interrupted; its tables on numbers that this test makes.

usage: reproduce_paper_test.py TERN
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))
import measuring  # noqa: E402
from reproduce_paper import here, images, page, plan, published, record  # noqa: E402

TERN, PLACE = sys.argv[1], Path(tempfile.mkdtemp(prefix="tern-test-"))
OUT, PYTHON = PLACE / "out", PLACE / "python"
FLAGS = ["--data", "synthetic", "--images", "80", "--epochs", "2", "--steps", "1", "--output", OUT, "--python", PYTHON, "--tern", TERN]
RATE = 100.0  # images/s of those that are pretended
FAILED = []


def check(condition, text):
    if not condition:
        FAILED.append(text)


def run(*arguments):
    return subprocess.run([sys.executable, ROOT / "scripts/reproduce-paper", *map(str, arguments)], capture_output=True, text=True)


def pretend(pytorch):
    """A Python that has everything, in which pytorch.py does what it is told to."""
    row = {"train_loss": 2.5, "train_accuracy": 0.25, "seconds": 0.32, "images_per_second": RATE, "test_accuracy": 0.125, "test_loss": 2.25}
    (PLACE / "answer").write_text(json.dumps({"environment": {"torch": "9.9"}, "results": [{"variant": "eager", "rows": [row]}]}))
    PYTHON.write_text(f'#!/bin/sh\ncase "$*" in\n-c*) exit 0 ;;\n*pytorch.py*) {pytorch} ;;\nesac\ncat "{PLACE}/answer"\n')
    PYTHON.chmod(0o755)


def tables(text):
    """{heading: [rows as {column: cell}]}; names of columns that come again are numbered."""
    found = {}
    for part in text.split("\n## ")[1:]:
        lines = [line for line in part.split("\n") if line.startswith("|")]
        cells = [line[2:-2].split(" | ") for line in lines]
        if cells:
            check({len(row) for row in cells} == {len(cells[0])}, f"rows of different lengths in {part}")
            head = [name if name not in cells[0][:at] else f"{name} {cells[0][:at].count(name) + 1}" for at, name in enumerate(cells[0])]
            found[part.split("\n")[0].split(":")[0]] = [dict(zip(head, row)) for row in cells[2:]]
    return found


def stamps():
    return {path.name: path.stat().st_mtime_ns for folder in ("parts", "logs") for path in (OUT / folder).iterdir()}


def metrics(name):
    lines = [json.loads(line) for line in (OUT / "runs" / name / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if "epoch" in line]


def check_failure():
    """One line for each, the others run nevertheless."""
    pretend("echo 'some words' >&2; echo 'pytorch.py: no luck' >&2; exit 3")
    done = run(*FLAGS)
    lines = [f"reproduce-paper: {name} failed: pytorch.py: no luck" for name in ("sequential-pytorch", "threads-pytorch")]
    check(done.returncode == 1 and done.stderr.splitlines() == lines, f"failures: status {done.returncode}, {done.stderr}")
    text = (OUT / "results.md").read_text()
    check("* threads-pytorch failed: pytorch.py: no luck" in text, "the page does not say what failed")
    before = stamps()
    pretend("true")
    done = run(*FLAGS)
    check(done.returncode == 0 and not done.stderr, f"second call: status {done.returncode}, {done.stderr}")
    new = {name for name, when in stamps().items() if before.get(name) != when}
    check(new == {f"{name}-pytorch.{end}" for name in ("sequential", "threads") for end in ("json", "log")}, f"the second call made {new}")


def check_kept():
    before = stamps()
    done = run(*FLAGS)
    lines = done.stdout.splitlines()[:-1]
    check(done.returncode == 0 and stamps() == before, f"measured again: {done.stdout}{done.stderr}")
    check(all(", kept" in line or ": not run: " in line for line in lines) and "9 measurements, 0 failed" in done.stdout, done.stdout)
    done = run(*FLAGS, "--steps", "2")
    check(done.returncode == 2 and "was measured with steps 1, not 2; give another folder" in done.stderr, done.stderr)
    done = run(*FLAGS, "--only", "engine", "--dry-run")
    check(done.stdout.splitlines()[:2] == ["engine-thread: kept", "engine-sequential: kept"] and "together: 0 s" in done.stdout, done.stdout)


def check_page():
    results = json.loads((OUT / "results.json").read_text())
    found = tables((OUT / "results.md").read_text())
    check(list(found) == [f"Table {number}" for number in range(1, 7)], f"tables {list(found)}")
    check(not results["failed"] and "gpu-dense" in results["not_run"], f"not run {results['not_run']}")
    parts = {part["name"]: part for part in results["measurements"]}
    # Three logs: the paper's numbers to the digit, and ours as the run folders have them
    for table, run_, name, judge in (("Table 1", published.SEQUENTIAL, "engine-sequential", "test"), ("Table 2", published.PYTORCH, "threads-tern", "test"),
                                     ("Table 3", published.MIRRORED, "replicas-processes", "validation")):
        check([float(row["paper: accuracy"]) for row in found[table]] == list(run_.accuracies), f"{table}: accuracies")
        check([float(row["paper: s"]) for row in found[table]] == list(run_.seconds), f"{table}: seconds")
        ours = metrics(name)
        check(len(ours) == 2 and parts[name]["rows"] == ours, f"{name}: rows {parts[name]['rows']}")
        for row, line in zip(found[table], ours):
            wanted = [page.share(line[key]) for key in ("train_accuracy", "train_loss", f"{judge}_accuracy")] + [page.number(line["seconds"])]
            check(list(row.values())[3:7] == wanted, f"{table}: {row}, wanted {wanted}")
        check(set(list(found[table][2].values())[3:]) == {"-"}, f"{table}: an epoch that was not trained: {found[table][2]}")
        evaluation = parts[name]["evaluation"]
        wanted = [page.share(value) for value in (evaluation["accuracy"], evaluation["loss"], *(evaluation["macro"][key] for key in ("precision", "recall", "f1")))]
        row = next(row for row in found["Table 6"] if row["run"] == page.title(parts[name]))
        check(list(row.values())[3:] == wanted and row["epochs"] == "2", f"Table 6: {row}, wanted {wanted}")
    speeds = {row["run"]: row for row in found["Table 4"]}
    for part in parts.values():
        rate, per_epoch = part["rate"]["images_per_second"], published.RUNS[part["paper_run"]].images
        seconds, all_images = (sum(line["seconds"] * line.get(key, 1) for line in part["rows"]) for key in ("", "images_per_second"))
        check(abs(rate - all_images / seconds) < 1e-9 * rate, f"{part['name']}: {rate} images/s")
        check(abs(part["rate"]["seconds_per_epoch"] * rate - per_epoch) < 1e-6, f"{part['name']}: extrapolated {part['rate']}")
        cell = speeds[page.title(part)]["seconds per epoch"]
        check(cell == page.number(per_epoch / rate) + " (extrapolated)", f"{part['name']}: {cell}")
    check(speeds["PyTorch, 1 thread"]["seconds per epoch"] == "500.0 (extrapolated)", f"50,000 images at 100 a second: {speeds['PyTorch, 1 thread']}")
    text = (OUT / "results.md").read_text()
    if "replicas-processes" in parts:
        check("`replicas-alone` and `replicas-processes` have equal bits: losses and accuracies of 1 epoch, and the weights after step 2" in text, "equal bits")
    check("**The images are synthetic" in text and "PyTorch: torch 9.9" in text, "what the page says of images and programs")


def check_interrupted():
    """A run that was ended after its first epoch goes on: that epoch's line stays, with its seconds."""
    first = metrics("engine-sequential")[0]
    folder = OUT / "runs/engine-sequential"
    log = folder / "metrics.jsonl"
    log.write_text(log.read_text().split("\n")[0] + "\n")
    shutil.rmtree(max((folder / "checkpoints").iterdir(), key=lambda path: int(path.name.split("-")[1])))
    (OUT / "parts/engine-sequential.json").unlink()
    whole = json.loads((OUT / "results.json").read_text())
    done = run(*FLAGS, "--only", "engine")
    check(done.returncode == 0, f"resuming: {done.stderr}")
    part = record.read_json(OUT / "parts/engine-sequential.json") or {"command": [], "rows": [{"train_loss": 0}]}
    before = next(part for part in whole["measurements"] if part["name"] == "engine-sequential")
    check("--resume" in part["command"] and part["rows"][0] == first, f"resumed: {part['rows']}")
    check([line["train_loss"] for line in part["rows"]] == [line["train_loss"] for line in before["rows"]], "other losses after the interruption")


def check_bits():
    """What differs between processes and one process is found."""
    kept = record.Record(OUT)
    measurement = type("Measurement", (), {"name": "replicas-alone", "bits_of": "copy"})
    shutil.copytree(OUT / "runs/replicas-alone", OUT / "runs/copy", symlinks=True)
    check(kept.compare(measurement)["weights"], "a copy is equal")
    weights = OUT / "runs/copy/checkpoints/step-2/weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    check(refusal(kept.compare, measurement).endswith("have not the same bytes"), "another byte in the weights")
    log = OUT / "runs/copy/metrics.jsonl"
    log.write_text(log.read_text().replace('"train_loss":', '"train_loss":1'))
    check(refusal(kept.compare, measurement).startswith("train_loss of epoch 1 is "), "another loss")


def refusal(function, *arguments):
    try:
        function(*arguments)
    except measuring.Failed as failure:
        return str(failure)
    return ""


def check_tables():
    """The writer alone: a measured epoch of the paper's size is not marked, one of steps is."""
    row = {"train_loss": 1.5, "train_accuracy": 0.5, "test_accuracy": 0.4, "seconds": 200.0, "images_per_second": 250.0}
    part = {"name": "made", "part": "engine", "title": "a | b", "threads": "cuda", "network": "mini_xception", "paper_run": "sequential",
            "program": "tern", "peer": False, "epochs": 1, "steps": 0, "rows": [row]}
    made = plan.Measurement("made", "engine", "a", published.SEQUENTIAL, "tern", "cuda", [], 1.0, epochs=1)
    for steps, mark in ((0, ""), (5, " (extrapolated)")):
        measured = type("Made", (), {"run": made.run, "steps": steps})
        part["rate"] = record.rate(measured, [row])
        line = page.speed_table([part])[-1]
        check(line == f"| a \\| b, cuda | `mini_xception` | 250.0 | 200.0{mark} | 50,000 | {250 / published.SEQUENTIAL.images_per_second:.2f} | - | 127.0 |", line)
    lines = page.log_table(published.SEQUENTIAL, [part])
    check(lines[0] == "| epoch | paper: accuracy | paper: s | a \\| b, cuda: accuracy | loss | test accuracy | s |", lines[0])
    check(lines[2] == "| 1 | 0.5215 | 1509 | 0.5000 | 1.5000 | 0.4000 | 200.0 |" and lines[3] == "| 2 | 0.6588 | 1481 | - | - | - | - |", lines[2])
    check(page.log_table(published.SEQUENTIAL, [part | {"part": "recipe"}])[2] == "| 1 | 0.5215 | 1509 |", "a recipe among the paper's epochs")
    check(record.why(measuring.Failed("x", "noise\ntern: [--lr] no\nmore noise\n")) == "tern: [--lr] no", "tern's own line")


def check_images():
    """The first of each file, and no more than there are."""
    source, folder = OUT / "data", PLACE / "first"
    images.first_of(source, 12, 2, folder)
    sizes = [len((folder / name).read_bytes()) // images.SAMPLE for name in [*images.TRAIN, images.TEST]]
    check(sizes == [3, 3, 2, 2, 2, 2], f"12 images: {sizes}")
    check((source / images.TRAIN[2]).read_bytes().startswith((folder / images.TRAIN[2]).read_bytes()), "not the first images")
    done = run("--data", source, "--images", "81", "--output", PLACE / "no", "--tern", TERN)
    check(done.returncode == 2 and f"--images 81: of {source} at most 80 can be taken" in done.stderr, done.stderr)
    done = run("--data", PLACE, "--output", PLACE / "no", "--tern", TERN)
    check(done.returncode == 1 and done.stderr.startswith("reproduce-paper: tern: [") and done.stderr.count("\n") == 1, done.stderr)


def check_report():
    """A tern that has the command gets the folders of all trained runs."""
    tern = PLACE / "reporting"
    for ending, status in (("exit 0", 0), ("echo 'tern: [--output] no' >&2; exit 1", 1)):
        tern.write_text(f'#!/bin/sh\ncase $1 in\n--help) echo "  report  what" ;;\nreport) echo "$@" >{PLACE}/asked; {ending} ;;\n'
                        f'*) exec {TERN} "$@" ;;\nesac\n')
        tern.chmod(0o755)
        (OUT / "report.html").unlink(missing_ok=True)  # where this tern draws one
        done = run(*FLAGS, "--tern", tern)
        folders = [f"{OUT}/runs/{part['name']}" for part in json.loads((OUT / "results.json").read_text())["measurements"]
                   if part["epochs"] and not part["peer"]]
        check((PLACE / "asked").read_text().split() == ["report", *folders, "--output", f"{OUT}/report.html"] and len(folders) >= 3, "the report's command")
        check((done.returncode, done.stderr) == (status, "reproduce-paper: report failed: tern: [--output] no\n" if status else ""), done.stderr)
    (OUT / "report.html").touch()
    check(run(*FLAGS, "--tern", tern).returncode == 0, "a page that is there, of runs that are as they were, was drawn again")


def check_plan():
    """On a machine that has everything."""
    everything = here.Here("tern", "python", {"threads": 8}, True, True, dict.fromkeys(["MPI", "GPU", "PyTorch", "PyTorch's GPU", "Keras"], ""))
    settings = plan.Settings("DIR", 50_000, 10_000, 20, 1, 20)
    planned = plan.Plan(settings, everything, "DIR", "out")
    commands = {measurement.name: " ".join(measurement.command) for measurement in planned.measurements(plan.PARTS)}
    for name, words in {"threads-tern": "--threads 8 --workers 4", "gpu-dense": "--preset paper-pytorch --data DIR --epochs 20 --device cuda",
                        "gpu-dense-cudnn": "--kernels cudnn --workers 4", "gpu-mirrored": "--preset paper-mirrored", "gpu-pytorch": "--device cuda",
                        "replicas-processes": "-n 2 tern train --preset paper-mirrored --data DIR --epochs 20 --device cpu --threads 4 --replicas 2",
                        "recipe-quick": "--preset quick --data DIR --epochs 8", "engine-sequential": "--epochs 8 ", "engine-thread": "--steps 200"}.items():
        check(words in commands[name], f"{name}: {commands[name]}, wanted {words}")
    cuda = next(measurement for measurement in planned.gpu())
    check("--device cuda" in " ".join(planned.evaluation(cuda)), f"evaluation: {planned.evaluation(cuda)}")


def check_dry_run():
    done = run("--data", "synthetic", "--output", PLACE / "no", "--tern", TERN, "--only", "sequential", "--python", PYTHON, "--dry-run")
    lines = done.stdout.splitlines()
    # 32 images at 4 a second; 4 steps of 32 at 45 and at 30; and their sum
    wanted = [f"{name}: {seconds} s: " for name, seconds in (("sequential-ref", 8), ("sequential-pytorch", 3), ("sequential-keras", 4))]
    check(done.returncode == 0 and len(lines) == 4 and all(map(str.startswith, lines, wanted)), f"dry run: {done.stdout}{done.stderr}")
    check(lines[-1].startswith("together: 15 s") and not (PLACE / "no").exists(), f"dry run: {lines[-1]}")


def main():
    try:
        for step in (check_tables, check_failure, check_kept, check_page, check_interrupted, check_bits, check_report, check_images, check_plan, check_dry_run):
            step()
    finally:
        shutil.rmtree(PLACE)
    print("\n".join(FAILED) or "all is as it should be")
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
