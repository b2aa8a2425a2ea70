#!/usr/bin/env python3
"""tern-bench --profile: what its JSON adds up to, the layers it names, and what it says of wrong flags.

usage: profile_test.py TERN_BENCH [--onednn]    --onednn: the build has oneDNN
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "apps"))
import traces  # noqa: E402

PROGRAM = sys.argv[1]
HAS_ONEDNN = "--onednn" in sys.argv[2:]
BATCH = 2
FAILED = []

# Operations of the products (convolutions, linear layers without biases) for one image, in millions.
FORWARD = {"mini_xception": 170.0, "mini_xception_dense": 794.5}
STEP = {"mini_xception": 508.1, "mini_xception_dense": 2381.7}


PARTS = "separable_conv2d=unfused,normalize_max_pool2d=unfused"


def mini_xception_layers(parts):
    """Those with parameters; with fused layers: those that run passes both ways."""
    separable = [f"sep{k}.{part}" for k in (1, 2) for part in ("depthwise", "pointwise")] + ["bn1", "bn2"]
    if not parts:
        separable = ["sep1", "sep2"]
    entry = [f"entry.{name}" for name in ("conv1", "bn1", "conv2", "bn2")]
    middle = [f"middle.{k}.{name}" for k in range(4) for name in separable]
    exit_flow = [f"exit.{name}" for name in (separable if parts else [*separable, "pool"])]
    return {*entry, *middle, *exit_flow, "head.fc1", "head.fc2"}


def mini_xception_dense_layers():
    flows = {"middle_flow": 12, "exit_flow": 6}
    places = {f"{flow}.{k}" for flow, count in flows.items() for k in range(count) if k % 3 < 2}
    return {"conv1", "bn1", "conv2", "bn2", "fc", *places}


def layers_of(model, parts):
    return mini_xception_layers(parts) if model == "mini_xception" else mini_xception_dense_layers()


def check(condition, text):
    if not condition:
        FAILED.append(text)


def run(*flags, kernels="auto"):
    environment = {**os.environ, "TERN_KERNELS": kernels}
    return subprocess.run([PROGRAM, *flags], capture_output=True, text=True, check=False, env=environment)


def profile(model, *flags, kernels="auto"):
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "profile.json"
        steps = [] if any(flag.startswith("--steps") for flag in flags) else ["--steps", "1"]
        done = run("--profile", model, f"--batch-size={BATCH}", *steps, "--threads=1", f"--json={answer}", *flags, kernels=kernels)
        check(done.returncode == 0, f"{model} {flags}: status {done.returncode}, {done.stderr}")
        return json.loads(answer.read_text()), done.stdout


def products(rows):
    """Millions of operations per image in convolutions and linear layers, without biases."""
    names = ("conv2d.", "depthwise_conv2d.", "linear.", "separable_conv2d.")
    counted = [row for row in rows if row["operation"].startswith(names) and "bias" not in row["operation"]]
    return sum(row["flops"] for row in counted) / BATCH / 1e6


def check_step(model, kernels):
    answer, text = profile(model, kernels=kernels)
    layers_expected = layers_of(model, kernels == PARTS)
    rows = answer["rows"]
    total = sum(row["seconds"] for row in rows)
    check(abs(total - answer["operation_seconds"]) < 1e-9, f"{model}: the rows of one step add up to its operations")
    check(0 < total <= answer["step_seconds"], f"{model}: operations {total} s of a step of {answer['step_seconds']} s")
    check(abs(products(rows) - STEP[model]) < 0.1, f"{model}: {products(rows)} MFLOP of products per image")
    check(answer["flops"] == sum(row["flops"] for row in rows), f"{model}: flops add up")
    check(all(row["seconds"] > 0 and row["bytes"] > 0 for row in rows), f"{model}: a row without time or bytes")
    for which in ("forward", "backward"):
        layers = {row["layer"] for row in rows if f".{which}" in row["operation"]}
        check(layers_expected <= layers, f"{model}: no {which} pass of {sorted(layers_expected - layers)}")
    outside = {row["operation"].split(".")[0] for row in rows if row["layer"] == "-"}
    expected = {"prepare_images", "index_select", "softmax_cross_entropy", "update_statistics", "adam_step", "metrics"}
    check(outside == expected, f"{model}: outside all layers are {sorted(outside)}")
    last = text.splitlines()[-1]
    check(last.startswith("one training step: ") and "images/s" in last, f"{model}: the last line is: {last}")


def check_inference(model, kernels):
    rows = profile(model, "--inference", "--by=layer", kernels=kernels)[0]["rows"]
    expected = layers_of(model, kernels == PARTS)
    if kernels != PARTS:  # its statistics are there, so that what is left of it is the next layer's
        expected -= {"entry.bn2", "exit_flow.4"}
        expected |= {"pool"} if model == "mini_xception_dense" else set()
    check(abs(products(rows) - FORWARD[model]) < 0.1, f"{model}: {products(rows)} MFLOP forward per image")
    check(all(row["operation"].endswith(".forward") for row in rows), f"{model}: more than the forward pass")
    check(expected <= {row["layer"] for row in rows}, f"{model}: layers are missing")


def check_trace():
    """It has the calls of the table, of each step."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trace.json"
        rows = profile("lenet5", "--steps=2", "--trace", str(file))[0]["rows"]
        trace, events = traces.read_trace(file)
    calls = [event for event in events if event["cat"] == "operation"]
    named = {(event["name"], event["args"]["layer"], event["args"]["implementation"]) for event in calls}
    check(named == {(row["operation"], row["layer"], row["implementation"]) for row in rows}, f"the trace has {named}")
    check(len(calls) == 2 * sum(row["calls"] for row in rows), f"the trace has {len(calls)} calls")
    check(sum(event["name"] == "backward" for event in events) == 2, "the trace has the parts of two steps")
    check(traces.wrong_nesting(events) == [], f"{traces.wrong_nesting(events)}")
    check(trace["otherData"] == {"ranges_dropped": 0}, f"the trace says {trace['otherData']}")


def check_onednn():
    """Refused in a build without; else all has its time but what oneDNN lacks and the sums of biases."""
    if not HAS_ONEDNN:
        check_refused("[--onednn] this build has no oneDNN", "--profile", "--onednn")
        return
    rows = profile("mini_xception", "--onednn", kernels=PARTS)[0]["rows"]
    timed = {row["operation"] for row in rows if row.get("onednn_seconds", 0) > 0 and row["repeated_seconds"] > 0}
    passes = ("forward", "backward_input", "backward_weight")
    both = ("forward", "backward")
    has = dict.fromkeys(("conv2d", "depthwise_conv2d", "linear"), passes)
    has |= dict.fromkeys(("activation", "batch_norm", "global_average_pool", "max_pool2d"), both)
    expected = {f"{operation}.{which}" for operation, all_passes in has.items() for which in all_passes}
    check(timed == expected, f"oneDNN has {sorted(timed)}")


def check_refused(expected, *flags):
    done = run(*flags)
    lines = done.stderr.splitlines()
    check(done.returncode == 2 and done.stdout == "", f"{flags}: status {done.returncode}, {done.stdout}")
    check(len(lines) == 1 and expected in lines[0], f"{flags}: {done.stderr}")


def main():
    for model in STEP:
        for kernels in ("auto", PARTS):
            check_step(model, kernels)
            check_inference(model, kernels)
    check_trace()
    check_onednn()
    check_refused('[--profile] no model "resnet", only ', "--profile", "resnet")
    check_refused("[--batch-size] must be a whole number from 1 to 65536, got 0", "--profile", "--batch-size", "0")
    check_refused("[--steps] must be a whole number from 1 to 100000, got 2x", "--profile", "--steps=2x")
    check_refused("[--threads] must be a whole number from 1 to 4096, got -1", "--profile", "--threads=-1")
    check_refused("[--by] must be one of operation, layer, both, got time", "--profile", "--by=time")
    check_refused("[tern-bench --profile] takes no --colour; ", "--profile", "--colour")
    check_refused("[--steps] takes one value, once; ", "--profile", "--steps")
    for flag in "--json", "--trace":
        unwritable = run("--profile", "--batch-size=1", "--steps=1", f"{flag}=/nowhere/profile.json")
        check(unwritable.returncode == 1, f"a file that cannot be written: status {unwritable.returncode}")
        check(unwritable.stderr.count("\n") == 1, f"a file that cannot be written: {unwritable.stderr}")
    for text in FAILED:
        print(text)
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
