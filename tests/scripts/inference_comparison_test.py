#!/usr/bin/env python3
"""scripts/compare --inference with pretended programs: what it runs in what order, its table, who it says is ahead, what it
leaves out; and the parts of bench/peers/inference.py that need no packages.

usage: inference_comparison_test.py
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path += [str(ROOT / "scripts"), str(ROOT / "bench/peers")]
import inference_comparison  # noqa: E402
import latency  # noqa: E402
import runtimes  # noqa: E402

FAILED = []
# One program pretends to be tern, tern-bench and the peers' Python. It logs each call, and how fast each is in each round is
# in RATES: images per second at batch 1 by name, twice as many at larger batches.
PRETENDED = f"""#!{sys.executable} -S
import json, os, sys
words = sys.argv[1:]
if words[0] == "-c":
    sys.exit(words[1].split()[-1] in os.environ["LACKING"].split(","))
def flag(name):
    at = next((k for k, word in enumerate(words) if word.split("=")[0] == name), None)
    return None if at is None else words[at].split("=")[1] if "=" in words[at] else words[at + 1]
tern = sys.argv[0].endswith("tern-bench")
name = words[0] if words[0] in ("evaluate", "quantize") else "tern+int8" if "--quantized" in words else "tern" if tern else flag("--variants")
with open("calls", "a+") as calls:
    calls.seek(0)
    before = sum(json.loads(line)["name"] == name and json.loads(line)["batch"] == flag("--batch-size") for line in calls)
    calls.write(json.dumps({{"name": name, "batch": flag("--batch-size"), "words": words}}) + "\\n")
if name == "quantize":
    open(flag("--output"), "w").write(flag("--checkpoint"))
    sys.exit()
if name == "evaluate":
    quantized = os.path.exists(flag("--checkpoint"))
    print(json.dumps({{"accuracy": 0.625 if quantized else 0.75}}))
    sys.exit()
if name == "freeze":
    sys.exit("it froze")
rate = json.loads(os.environ["RATES"])[name][before] * (1 if flag("--batch-size") == "1" else 2)
row = {{"images_per_second": rate, "p50": 0.001, "p90": 0.002, "p99": 0.003}}
if "--accuracy" in words:
    row["accuracy"] = 0.5
answer = json.dumps({{"environment": {{"pretended": 1}}, "rows": [row]}})
if tern:
    open(flag("--json"), "w").write(answer)
else:
    print(answer)
"""


def check(condition, text):
    if not condition:
        FAILED.append(text)


def compare(*flags, rates=None, lacking=""):
    """What the script says, and the calls that it made."""
    Path("calls").unlink(missing_ok=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TERN_")}
    environment |= {"RATES": json.dumps(rates or {}), "LACKING": lacking, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(ROOT / "scripts/compare"), "--inference", "--threads", "2", *flags]
    programs = [f"--{name}={Path(name).resolve()}" for name in ("tern", "tern-bench", "python")]
    done = subprocess.run([*command, *programs], env=environment, capture_output=True, text=True, timeout=60, check=False)
    calls = Path("calls").read_text().splitlines() if Path("calls").exists() else []
    return done, [json.loads(call) for call in calls]


def check_table():
    rates = {"tern": [100, 120, 110], "eager": [50, 50, 50], "onnxruntime": [80, 100, 100], "openvino+int8": [200, 300, 220]}
    flags = ["--rounds=3", "--seconds=1", "--batch-size=1,64", "--variants=eager,onnxruntime,openvino+int8"]
    done, calls = compare(*flags, "--tern-flags=--peak=no", "--model=resnet20", "--checkpoint=w", "--data=d", "--accuracy",
                          rates=rates)
    check(done.returncode == 0, f"status {done.returncode}: {done.stderr}")
    order = ["evaluate", *["tern", "eager", "onnxruntime", "openvino+int8"] * 6]
    check([call["name"] for call in calls] == order, f"not in turn: {[call['name'] for call in calls]}")
    check([call["batch"] for call in calls[1:]] == (["1"] * 4 + ["64"] * 4) * 3, "each round has a run for each batch size")
    check("--peak=no" in calls[1]["words"] and "--inference=resnet20" in calls[1]["words"], f"flags of tern-bench: {calls[1]}")
    peer = " ".join(calls[2]["words"])
    for flag in ("--model resnet20", "--threads 2", "--seconds 1", "--checkpoint w", "--data d", "--keep "):
        check(flag in peer, f"no {flag} in {peer}")
    asked = [call["name"] for call in calls if "--accuracy" in call["words"]]
    check(asked == ["eager", "onnxruntime", "openvino+int8"], f"accuracies are asked for once: {asked}")
    lines = done.stdout.splitlines()
    first, second = lines.index("batch 1"), lines.index("batch 64")
    rows = [line.split() for line in lines[first + 2:first + 6]]
    check(rows[0] == "tern 110.0 1.000 2.000 3.000 0.7500".split(), f"row of tern: {rows[0]}")
    check(rows[2] == "onnxruntime 100.0 1.000 2.000 3.000 1.20x 1.10x 1.25x 0.5000".split(), f"row of onnxruntime: {rows[2]}")
    expected = ["float32: tern is ahead: 1.20 times the images/s of onnxruntime (1.10 to 1.25)",
                "int8 and bfloat16: openvino+int8 is ahead: 2.00 times tern's images/s (2.00 to 2.50)"]
    check(lines[first + 6:first + 8] == expected and lines[second + 6:] == expected, f"who is ahead:\n{done.stdout}")
    check(lines[second + 2].split()[1] == "220.0", f"batch 64:\n{done.stdout}")
    done, _ = compare(*flags, "--json", rates=rates)
    answer = json.loads(done.stdout)
    found = [row["images_per_second"] for row in answer["rounds"]["64"]["onnxruntime"]]
    check(found == [160, 200, 200] and answer["accuracies"] == {}, f"JSON: {done.stdout}")


def check_int8():
    rates = {"tern": [100, 120, 110], "tern+int8": [300, 300, 330], "openvino+int8": [200, 300, 220]}
    done, calls = compare("--rounds=3", "--seconds=1", "--batch-size=1", "--variants=tern+int8,openvino+int8", "--tern-flags=--peak=no",
                          "--checkpoint=w", "--data=d", "--accuracy", rates=rates)
    check(done.returncode == 0, f"int8: status {done.returncode}: {done.stderr}")
    order = ["evaluate", "quantize", "evaluate", *["tern", "tern+int8", "openvino+int8"] * 3]
    check([call["name"] for call in calls] == order, f"int8: not in turn: {[call['name'] for call in calls]}")
    check("--peak=no" in calls[4]["words"], f"int8: flags of tern-bench: {calls[4]}")
    lines = done.stdout.splitlines()
    check(lines[-4].split() == "tern+int8 300.0 1.000 2.000 3.000 0.33x 0.33x 0.40x 0.6250".split(), f"int8: row {lines[-4]}")
    expected = ["int8 and bfloat16: neither is ahead in every round: tern+int8 has 1.50 times the images/s of openvino+int8 (1.00 to 1.50)",
                "tern+int8 is ahead: 3.00 times the images/s of tern (2.50 to 3.00)"]
    check(lines[-2:] == expected, f"int8: who is ahead:\n{done.stdout}")


def check_left_out():
    rates = {"tern": [1], "eager": [1]}
    variants = "--variants=eager,onnxruntime,openvino+int8"
    done, calls = compare("--rounds=1", variants, rates=rates, lacking="onnxruntime,nncf")
    lines = [line for line in done.stderr.splitlines() if "leaves out" in line]
    check(done.returncode == 0 and [call["name"] for call in calls] == ["tern", "eager"], f"left out: {calls}, {done.stderr}")
    check(len(lines) == 2 and lines[0].endswith("has no onnxruntime; pip install onnxruntime onnx onnxscript safetensors")
          and lines[1].endswith("has no nncf; pip install openvino nncf onnx onnxscript safetensors"), f"left out: {done.stderr}")
    done, calls = compare("--variants=onnxruntime", lacking="onnx")
    check(done.returncode == 1 and not calls and "no variant is left" in done.stderr, f"nothing left: {done.stderr}")


def check_refused():
    rows = [("--variants=onnxruntime+fast", "--variants onnxruntime+fast: unknown fast; of onnxruntime: int8, no_spin, "),
            ("--variants=eager+int8", "--variants eager+int8: unknown int8; of pytorch: "),
            ("--variants=tern+int4", "unknown int4, tern; of pytorch: "),
            ("--variants=openvino+onnxruntime", "unknown openvino; of onnxruntime: "),
            ("--variants=onnxruntime+qoperator", "qoperator is a format of int8"),
            ("--batch-size=1,0", "argument --batch-size: 0, expected at least 1"),
            ("--batch-size=1,", "argument --batch-size: "),
            ("--accuracy", "--accuracy: needs --checkpoint and --data"),
            ("--operations", "--operations: not allowed with argument --inference")]
    for flag, expected in rows:
        done, calls = compare(flag)
        lines = [line for line in done.stderr.splitlines() if line.startswith("compare: ")]
        check(done.returncode == 2 and not calls and len(lines) == 1 and expected in lines[0], f"{flag}: {done.stderr}")
    for flag in ("--batch-size=1,2", "--checkpoint=w"):
        done = subprocess.run([sys.executable, str(ROOT / "scripts/compare"), "--data=d", flag], capture_output=True, text=True, check=False)
        check(done.returncode == 2 and "only with --inference" in done.stderr, f"{flag} without --inference: {done.stderr}")
    done, _ = compare("--variants=freeze", rates={"tern": [1]})
    check(done.returncode == 1 and done.stderr.splitlines()[-2] == "it froze", f"a peer that fails: {done.stderr}")


def check_verdict():
    def rounds(tern, peer):
        return {"tern": [{"images_per_second": rate} for rate in tern], "x": [{"images_per_second": rate} for rate in peer]}

    for tern, peer, expected in (([2, 3], [1, 1], "tern is ahead: 2.50 times the images/s of x (2.00 to 3.00)"),
                                 ([1, 1], [2, 4], "x is ahead: 2.67 times tern's images/s (2.00 to 4.00)"),
                                 ([2, 1], [1, 1], "neither is ahead in every round: tern has 1.50 times the images/s of x (1.00 to 2.00)"),
                                 ([2, 1, 3], [1, 2, 1], "neither is ahead in every round: tern has 2.00 times ")):
        found = inference_comparison.verdict(rounds(tern, peer), ["x"], "")
        check(found.startswith(expected), f"{tern} beside {peer}: {found}")


def check_latency():
    hundred = [k + 1 for k in range(100)]
    found = [latency.percentile(hundred, share) for share in (0, 0.5, 0.9, 0.99, 1)]
    check(found == [1, 50, 90, 99, 100], f"percentiles of 1 to 100: {found}")
    check([latency.percentile([7], share) for share in (0.5, 0.99)] == [7, 7], "percentiles of one")

    calls = []
    row = latency.measure(calls.append, [0] * 4, 0)
    check(row["runs"] == latency.RUNS and len(calls) == latency.WARM_UP + latency.RUNS, f"least runs: {row}, {len(calls)} calls")
    check(row["batch_size"] == 4 and abs(row["images_per_second"] * row["p50"] / 4 - 1) < 1e-9, f"rate of the median: {row}")
    check(row["p50"] <= row["p90"] <= row["p99"], f"percentiles: {row}")

    class Stream:
        def __call__(self, images):
            pass

        def stream(self, images, seconds):
            return [0.3, 0.1, 0.2], 0.25

    row = latency.measure(Stream(), [0] * 4, 1)
    check(row["p50"] == 0.2 and row["images_per_second"] == 48, f"several batches at once: {row}")


def check_words():
    text = (ROOT / "bench/peers/inference.py").read_text().split('"""')[1]
    for runtime in (runtimes.PYTORCH, *runtimes.OTHERS):
        for word in runtime.words:
            check(f"\n    {word} " in text or f"\n{word} " in text, f"inference.py --help does not say what {word} is")
    check(all(map(runtimes.is_float32, ("eager", "onnxruntime+no_spin"))), "float32")
    check(not any(map(runtimes.is_float32, ("openvino+bfloat16", "onnxruntime+int8+qoperator"))), "fewer bits")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in ("tern", "tern-bench", "python"):
            Path(name).write_text(PRETENDED)
            Path(name).chmod(0o755)
        check_table()
        check_int8()
        check_left_out()
        check_refused()
        os.chdir("/")
    check_verdict()
    check_latency()
    check_words()
    print("\n".join(FAILED) or "inference is compared as it should be")
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
