#!/usr/bin/env python3
"""Runs tern's networks with PyTorch on the CPU, not training, and prints images per second and latencies.

    inference.py --batch-size 64 --variants eager,channels_last,compile+freeze,script

A variant is one or more words joined by "+":
    eager          PyTorch as it is
    channels_last  images and weights in N, H, W, C memory order
    compile        torch.compile
    freeze         lets it fold batch norms and pack weights beforehand
    script         a frozen TorchScript through optimize_for_inference: batch norms folded, oneDNN's fused layers
"""

import argparse
import json
import math
import sys
import time
import warnings

try:
    import models
    import torch
except ImportError as error:
    sys.exit(f"inference.py: {sys.executable} has no {error.name}; pip install torch numpy, or run this with a Python that has them")

WORDS = {"eager", "channels_last", "compile", "freeze", "script"}
WARM_UP = 5  # compiling and choosing kernels
RUNS = 5  # at least


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--model", choices=sorted(models.MODELS), default="mini_xception")
    add("--batch-size", type=int, default=64)
    add("--threads", type=int, default=torch.get_num_threads())
    add("--seconds", type=float, default=3, help="measured for each variant (default: %(default)s)")
    add("--variants", default="eager,channels_last,script", help="comma-separated (default: %(default)s)")
    add("--json", action="store_true", help="one JSON object on standard output")
    arguments = parser.parse_args()
    if min(arguments.batch_size, arguments.threads) < 1:
        parser.error("--batch-size and --threads: expected at least 1")
    arguments.variants = arguments.variants.split(",")
    for variant in arguments.variants:
        if unknown := set(variant.split("+")) - WORDS:
            parser.error(f"--variants {variant}: unknown {', '.join(sorted(unknown))}")
    return arguments


def prepare(variant, model, batch_size):
    """The callable of a variant, and images for it."""
    words = set(variant.split("+"))
    network = models.build(model, seed=0).eval()
    images = torch.rand(batch_size, 3, 32, 32)
    if "channels_last" in words:
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    if "script" in words:
        network = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, images)))
    if "compile" in words:
        torch._dynamo.reset()
        torch._inductor.config.freezing = "freeze" in words
        network = torch.compile(network)
    return network, images


def measure(variant, arguments):
    # inductor freezes weights only where nothing is recorded, and not in inference mode
    with torch.no_grad():
        network, images = prepare(variant, arguments.model, arguments.batch_size)
        for _ in range(WARM_UP):
            network(images)
        seconds = []
        while sum(seconds) < arguments.seconds or len(seconds) < RUNS:
            start = time.perf_counter()
            network(images)
            seconds.append(time.perf_counter() - start)
    seconds.sort()
    p50, p90, p99 = (seconds[math.ceil(share * len(seconds)) - 1] for share in (0.5, 0.9, 0.99))
    rate = arguments.batch_size / p50
    return {"variant": variant, "images_per_second": rate, "p50": p50, "p90": p90, "p99": p99, "runs": len(seconds)}


def main():
    warnings.filterwarnings("ignore")  # of TorchScript, that it is deprecated
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    rows = []
    for variant in arguments.variants:
        rows.append(measure(variant, arguments))
        if not arguments.json:
            row = rows[-1]
            times = "  ".join(f"{key} {1e3 * row[key]:.3f} ms" for key in ("p50", "p90", "p99"))
            print(f"{variant:24} {row['images_per_second']:9.1f} images/s  {times}  of {row['runs']} runs", flush=True)
    if arguments.json:
        environment = {"torch": torch.__version__, "threads": torch.get_num_threads()}
        print(json.dumps({"environment": environment, "rows": rows}))


if __name__ == "__main__":
    main()
