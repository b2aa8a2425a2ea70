#!/usr/bin/env python3
"""tern-bench --inference: what its JSON and its table say, and what it says of wrong flags.

usage: inference_test.py TERN_BENCH [TERN]   with the program also: weight files
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = sys.argv[1]
TERN = sys.argv[2] if len(sys.argv) > 2 else None
FAILED = []

# Operations of the products of one image, in millions.
FORWARD = {"mini_xception": 170.0, "mini_xception_dense": 794.5}
# lenet5 with 4 of 6 and 8 of 16 channels, 60 of 120 and 42 of 84 features.
HALF_LENET5 = 2 * (28 * 28 * 75 * 4 + 10 * 10 * 100 * 8 + 200 * 60 + 60 * 42 + 42 * 10)


def check(condition, text):
    if not condition:
        FAILED.append(text)


def run(*flags):
    return subprocess.run([PROGRAM, *flags], capture_output=True, text=True, check=False)


def check_model(model, *flags, batches):
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "inference.json"
        done = run(f"--inference={model}", "--threads=2", "--seconds=1", f"--json={answer}", *flags)
        check(done.returncode == 0, f"{model} {flags}: status {done.returncode}, {done.stderr}")
        result = json.loads(answer.read_text())
    quantized = "--quantized" in flags
    settings = (result["model"], result["threads"], result["quantized"])
    check(settings == (model, 2, quantized), f"{model}: settings are {result}")
    check(("8 bits" if quantized else "float32") in done.stdout, f"{model} {flags}: the table is\n{done.stdout}")
    check([row["batch_size"] for row in result["rows"]] == batches, f"{model} {flags}: batches {result['rows']}")
    for row in result["rows"]:
        size = row["batch_size"]
        check(abs(row["flops"] / size / 1e6 - FORWARD[model]) < 0.1, f"{model}: {row['flops']} operations of {size}")
        check(0 < row["p50"] <= row["p90"] <= row["p99"] and row["runs"] >= 5, f"{model}: times {row}")
        check(abs(row["images_per_second"] * row["p50"] / size - 1) < 1e-9, f"{model}: rate {row}")
    check(len(done.stdout.splitlines()) == 3 + len(batches), f"{model}: the table is\n{done.stdout}")


def check_refused(expected, *flags, status=2):
    done = run(*flags)
    lines = done.stderr.splitlines()
    check(done.returncode == status and done.stdout == "", f"{flags}: status {done.returncode}, {done.stdout}")
    check(len(lines) == 1 and expected in lines[0], f"{flags}: {done.stderr}")


def check_file(path, quantized, *flags):
    answer = path.with_suffix(".json")
    done = run("--inference", f"--checkpoint={path}", "--threads=1", "--seconds=1", "--batch-size=3", f"--json={answer}", *flags)
    check(done.returncode == 0, f"{path} {flags}: status {done.returncode}, {done.stderr}")
    if done.returncode != 0:
        return
    result = json.loads(answer.read_text())
    settings = (result["model"], result["checkpoint"], result["quantized"])
    check(settings == ("lenet5", str(path), quantized), f"{path} {flags}: settings are {result}")
    check([row["flops"] for row in result["rows"]] == [3 * HALF_LENET5], f"{path} {flags}: rows {result['rows']}")
    check(done.stdout.startswith(f"lenet5 of {path}, inference, "), f"{path} {flags}: the table is\n{done.stdout}")
    check(("8 bits" if quantized else "float32") in done.stdout, f"{path} {flags}: the table is\n{done.stdout}")


def check_files():
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        last, half, small = place / "run/last.safetensors", place / "half.safetensors", place / "small.safetensors"
        data = ("--data", "synthetic")
        for words in (
            ("train", *data, "--model", "lenet5", "--steps", "1", "--batch-size", "4", "--run", place / "run"),
            ("prune", "--checkpoint", last, "--rate", "0.5", "--multiple", "2", "--output", half),
            ("quantize", "--checkpoint", half, *data, "--images", "4", "--output", small),
        ):
            subprocess.run([TERN, *words], capture_output=True, check=True)
        check_file(half, False)
        check_file(half, True, "--quantized")
        check_file(small, True)
        before = half.read_bytes()
        checkpoint = ("--inference", "--checkpoint", str(half))
        check_refused(f"[--json] would replace {half}, which is read", *checkpoint, "--json", str(half))
        check(half.read_bytes() == before, "--json replaced the weight file")
        check_refused(f"[--quantized] has no meaning for {small}, which is in 8 bits", "--inference", f"--checkpoint={small}", "--quantized")
        check_refused('[--inference] no model "resnet", only ', "--inference", "resnet", f"--checkpoint={half}")
        check_refused(f"[{half}] holds weights of lenet5, expected mlp", "--inference", "mlp", f"--checkpoint={half}", status=1)
        check_refused("no such file", "--inference", f"--checkpoint={place / 'none'}", status=1)


def main():
    check_model("mini_xception", batches=[1, 64])
    check_model("mini_xception_dense", "--batch-size", "3", batches=[3])
    check_model("mini_xception", "--quantized", "--batch-size", "2", batches=[2])
    check_refused('[--inference] no model "resnet", only ', "--inference", "resnet")
    check_refused("[--batch-size] must be a whole number from 1 to 65536, got 0", "--inference", "--batch-size", "0")
    check_refused("[--threads] must be a whole number from 1 to 4096, got -1", "--inference", "--threads=-1")
    check_refused("[--seconds] must be a whole number from 1 to 3600, got 2x", "--inference", "--seconds=2x")
    check_refused("[tern-bench --inference] takes no --steps=3; ", "--inference", "--steps=3")
    unwritable = run("--inference", "--batch-size=1", "--seconds=1", "--json=/nowhere/inference.json")
    check(unwritable.returncode == 1, f"a file that cannot be written: status {unwritable.returncode}")
    check(unwritable.stderr.count("\n") == 1, f"a file that cannot be written: {unwritable.stderr}")
    if TERN:
        check_files()
    for text in FAILED:
        print(text)
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
