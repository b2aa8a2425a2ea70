"""`scripts/compare --inference`: forward passes of tern and of its peers in turn."""

import json
import statistics
import sys
import tempfile
from pathlib import Path

import measuring
import runtimes

INFERENCE = Path(__file__).resolve().parent.parent / "bench/peers/inference.py"
VARIANTS = "eager,channels_last,script,onnxruntime,openvino"
TERN_INT8 = "tern+int8"
TIMES = ("p50", "p90", "p99")


def label(variant):
    return f"pytorch {variant}" if runtimes.runtime_of(variant) is runtimes.PYTORCH else variant


def installed(python, variants):
    """The variants whose packages that Python has; says of each other what brings them."""
    modules = dict.fromkeys(module for variant in variants for module in runtimes.modules_of(variant))
    lacking = [module for module in modules if measuring.missing_module(python, [module])]
    found = []
    for variant in variants:
        missing = [module for module in runtimes.modules_of(variant) if module in lacking]
        if missing:
            packages = runtimes.runtime_of(variant).packages
            print(f"compare: leaves out {variant}: {python} has no {missing[0]}; pip install {packages}", file=sys.stderr)
        else:
            found.append(variant)
    return found


def row_of_tern(arguments, batch_size, *more):
    """A row of `tern-bench --inference`."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "inference.json"
        flags = [f"--threads={arguments.threads}", f"--seconds={arguments.seconds}", f"--batch-size={batch_size}"]
        command = [arguments.tern_bench, f"--inference={arguments.model}", *flags, *more, *arguments.tern_flags, f"--json={answer}"]
        return measuring.run_json(command, answer)["rows"][0]


def accuracy_of_tern(arguments, checkpoint):
    command = [arguments.tern, "evaluate", "--device", "cpu", "--checkpoint", checkpoint, "--data", arguments.data]
    return measuring.run_json([*command, "--model", arguments.model, "--threads", str(arguments.threads), "--json"])["accuracy"]


def accuracy_of_tern_int8(arguments):
    """In 8 bits, with the ranges of the same number of images as the peers'."""
    with tempfile.TemporaryDirectory() as folder:
        quantized = str(Path(folder) / "int8.safetensors")
        measuring.run([arguments.tern, "quantize", "--checkpoint", arguments.checkpoint, "--data", arguments.data, "--output", quantized])
        return accuracy_of_tern(arguments, quantized)


def row_of_peer(arguments, variant, batch_size, keep, accuracy):
    """The same of a variant, and the environment."""
    settings = {"model": arguments.model, "threads": arguments.threads, "seconds": arguments.seconds, "batch-size": batch_size,
                "variants": variant, "checkpoint": arguments.checkpoint, "data": arguments.data, "keep": keep}
    flags = [word for key, value in settings.items() if value for word in (f"--{key}", str(value))]
    command = [arguments.python, str(INFERENCE), *flags, *(["--accuracy"] if accuracy else []), "--json"]
    answer = measuring.run_json(command)
    return answer["rows"][0], answer["environment"]


def measure(arguments, own, variants):
    """Rows of every round by batch size and name, tern's `own` first; accuracies by name; versions of the peers."""
    rounds = {size: {name: [] for name in (*own, *map(label, variants))} for size in arguments.batch_size}
    accuracies, environment = {}, {}
    if arguments.accuracy:
        accuracies["tern"] = accuracy_of_tern(arguments, arguments.checkpoint)
        if TERN_INT8 in own:
            accuracies[TERN_INT8] = accuracy_of_tern_int8(arguments)
    with tempfile.TemporaryDirectory() as keep:
        for number in range(arguments.rounds):
            for size, rows in rounds.items():
                print(f"round {number + 1} of {arguments.rounds}, batch {size}", file=sys.stderr)
                for name in own:
                    rows[name].append(row_of_tern(arguments, size, *(["--quantized"] if name == TERN_INT8 else [])))
                for variant in variants:
                    name = label(variant)
                    wanted = arguments.accuracy and name not in accuracies
                    row, found = row_of_peer(arguments, variant, size, keep, wanted)
                    rows[name].append(row)
                    environment |= found
                    if wanted:
                        accuracies[name] = row["accuracy"]
    return rounds, accuracies, environment


def ratios(rounds, name, tern="tern"):
    """tern's images per second over those of a peer, in each round."""
    return [own["images_per_second"] / row["images_per_second"] for own, row in zip(rounds[tern], rounds[name])]


def verdict(rounds, names, what, tern="tern"):
    """Who is ahead, tern or the fastest of the others by name; ahead is who is so in every round."""
    fastest = min(names, key=lambda name: statistics.median(ratios(rounds, name, tern)))
    found = ratios(rounds, fastest, tern)
    middle, low, high = statistics.median(found), min(found), max(found)
    if low > 1:
        return f"{what}{tern} is ahead: {middle:.2f} times the images/s of {fastest} ({low:.2f} to {high:.2f})"
    if high < 1:
        return f"{what}{fastest} is ahead: {1 / middle:.2f} times {tern}'s images/s ({1 / high:.2f} to {1 / low:.2f})"
    return f"{what}neither is ahead in every round: {tern} has {middle:.2f} times the images/s of {fastest} ({low:.2f} to {high:.2f})"


def verdicts(rounds):
    """A line for the peers in float32, one for those that calculate in fewer bits, and one for tern in 8 beside itself."""
    peers = [name for name in rounds if name not in ("tern", TERN_INT8)]
    float32 = [name for name in peers if runtimes.is_float32(name)]
    fewer = [name for name in peers if name not in float32]
    tern = TERN_INT8 if TERN_INT8 in rounds else "tern"
    lines = [(float32, "float32: ", "tern"), (fewer, "int8 and bfloat16: ", tern), ([] if tern == "tern" else ["tern"], "", tern)]
    return [verdict(rounds, names, what, own) for names, what, own in lines if names]


def print_batch(batch_size, rounds, accuracies):
    last = " accuracy" if accuracies else ""
    print(f"\nbatch {batch_size}")
    print(f"{'':32} {'images/s':>9} {'p50 ms':>9} {'p90 ms':>9} {'p99 ms':>9} {'tern is':>9} {'lowest':>9} {'highest':>9}{last}")
    for name, rows in rounds.items():
        rate, *times = (statistics.median(row[key] for row in rows) for key in ("images_per_second", *TIMES))
        found = ratios(rounds, name)
        against = [statistics.median(found), min(found), max(found)] if name != "tern" else []
        right = f" {accuracies[name]:8.4f}" if accuracies else ""
        numbers = f"{rate:9.1f} " + " ".join(f"{1e3 * seconds:9.3f}" for seconds in times)
        print(f"{name:32} {numbers} {' '.join(f'{ratio:8.2f}x' for ratio in against):29}{right}".rstrip())
    for line in verdicts(rounds):
        print(line)


def compare(arguments):
    asked = arguments.variants.split(",")
    own = ["tern", *(variant for variant in asked if variant == TERN_INT8)]
    variants = installed(arguments.python, [variant for variant in asked if variant != TERN_INT8])
    if not variants and len(own) == 1:
        sys.exit("compare: no variant is left; --python names a Python with the packages")
    try:
        rounds, accuracies, environment = measure(arguments, own, variants)
    except measuring.Failed as failure:
        sys.exit(f"{failure.output}compare: {failure}")
    if arguments.json:
        settings = {key: value for key, value in vars(arguments).items() if key != "json"}
        print(json.dumps({"peer": environment, "settings": settings, "accuracies": accuracies, "rounds": rounds}, indent=1))
        return
    print(", ".join(f"{key} {value}" for key, value in environment.items()))
    print(f"{arguments.model}, forward pass, {arguments.threads} threads, medians of {measuring.count(arguments.rounds, 'round')}; "
          "ratios are those within rounds")
    for size, rows in rounds.items():
        print_batch(size, rows, accuracies)
