#!/usr/bin/env python3
"""Runs tern's networks on the CPU, not training, and prints images per second and latencies.

    inference.py --batch-size 64 --variants eager,channels_last,compile+freeze,script
    inference.py --batch-size 1,64 --variants onnxruntime,openvino,openvino+bfloat16
    inference.py --variants onnxruntime+int8,openvino+int8 --checkpoint last.safetensors --data DIR --accuracy

A variant is one or more words joined by "+". Of PyTorch, where neither of the others is named:
    eager          PyTorch as it is
    channels_last  images and weights in N, H, W, C memory order
    compile        torch.compile
    freeze         lets it fold batch norms and pack weights beforehand
    script         a frozen TorchScript through optimize_for_inference: batch norms folded, oneDNN's fused layers
onnxruntime runs what PyTorch exports to ONNX, in float32, with batches of one size:
    int8           quantize_static: weights in int8 per channel, activations in uint8, between quantize and dequantize nodes
    qoperator      the same in operators of their own
    no_spin        threads sleep while they wait; by default they spin
openvino runs the same file, in float32 also where it would choose bfloat16, under its hint for latency:
    int8           NNCF's quantization after training
    bfloat16       what is not int8 in bfloat16
    throughput     under its hint for throughput, with as many batches at a time as it likes best
    no_pin         threads go to any CPU, which suits a busy machine; by default each is bound to one
"""

import argparse
import importlib
import importlib.util
import json
import os
import sys
import tempfile
import warnings
from importlib import metadata

import latency
import runtimes

for module in ("torch", "numpy"):
    if not importlib.util.find_spec(module):
        sys.exit(f"inference.py: {sys.executable} has no {module}; pip install torch numpy, or run this with a Python that has them")

import numpy as np
from exported import Network


def whole_numbers(text):
    numbers = [int(word) for word in text.split(",")]
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {min(numbers)}")
    return numbers


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--model", default="mini_xception", help="one of models.py (default: %(default)s)")
    add("--checkpoint", help="its weights in a file of tern's (default: random ones)")
    add("--onnx", help="the network in a file that takes images (batch, 3, 32, 32), for onnxruntime and openvino")
    add("--batch-size", type=whole_numbers, default=[64], help="one or more, comma-separated (default: 64)")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)))
    add("--seconds", type=float, default=3, help="measured for each variant and batch size (default: %(default)s)")
    add("--variants", default="eager,channels_last,script", help="comma-separated (default: %(default)s)")
    add("--data", help="CIFAR-10's binary folder, with images for int8 (default: random images)")
    add("--calibration", type=int, default=512, help="how many of its training images (default: %(default)s)")
    add("--accuracy", action="store_true", help="over its test images, too")
    add("--keep", help="a folder in which exported and quantized networks stay for the next time")
    add("--json", action="store_true", help="one JSON object on standard output")
    arguments = parser.parse_args()
    arguments.variants = arguments.variants.split(",")
    if min(arguments.threads, arguments.calibration) < 1:
        parser.error("--threads and --calibration: expected at least 1")
    if arguments.checkpoint and arguments.onnx:
        parser.error("--checkpoint and --onnx: not both")
    if arguments.accuracy and not (arguments.data and (arguments.checkpoint or arguments.onnx)):
        parser.error("--accuracy: needs --data, and --checkpoint or --onnx")
    for variant in arguments.variants:
        check_variant(variant, arguments, parser)
    return arguments


def check_variant(variant, arguments, parser):
    runtime = runtimes.runtime_of(variant)
    if problem := runtimes.problem_of(variant):
        parser.error(f"--variants {variant}: {problem}")
    if arguments.onnx and runtime is runtimes.PYTORCH:
        parser.error(f"--variants {variant}: PyTorch runs no --onnx")
    modules = [*runtimes.modules_of(variant), *(["safetensors"] if arguments.checkpoint else [])]
    for module in modules:
        if not importlib.util.find_spec(module):
            sys.exit(f"inference.py: {variant}: {sys.executable} has no {module}; pip install {runtime.packages}")


def runner(variant, network, batch_size, arguments):
    module = importlib.import_module(f"inference_{runtimes.runtime_of(variant).name}")
    try:
        run = module.Runner(runtimes.words_of(variant), network, batch_size, arguments.threads)
        run(run.input(np.zeros((batch_size, *network.image), np.float32)))
        return run
    except Exception as error:  # each runtime has its own
        if not arguments.onnx:
            raise
        sys.exit(f"inference.py: {arguments.onnx}: {variant} does not run it: {' '.join(str(error).split())}")


def accuracy(run, network, batch_size):
    """The share of the test images whose largest logit is that of their label."""
    images, labels = network.test_images()
    right = 0
    for first in range(0, len(images), batch_size):
        batch = images[first:first + batch_size]
        # A network may be compiled for one batch size: the last batch is filled up.
        filled = np.concatenate([batch, np.zeros_like(images[:batch_size - len(batch)])])
        found = np.asarray(run(run.input(network.inputs(filled)))).argmax(axis=1)
        right += int((found[:len(batch)] == labels[first:first + batch_size]).sum())
    return right / len(images)


def measure(variant, network, batch_size, arguments):
    run = runner(variant, network, batch_size, arguments)
    images = np.random.default_rng(0).random((batch_size, *network.image), dtype=np.float32)
    row = {"variant": variant, **latency.measure(run, run.input(images), arguments.seconds)}
    return row | ({"accuracy": accuracy(run, network, batch_size)} if arguments.accuracy else {})


def print_row(row):
    times = "  ".join(f"{key} {1e3 * row[key]:.3f} ms" for key in ("p50", "p90", "p99"))
    rate = f"{row['variant']:28} batch {row['batch_size']:<4} {row['images_per_second']:9.1f} images/s"
    right = f"  accuracy {row['accuracy']:.4f}" if "accuracy" in row else ""
    print(f"{rate}  {times}  of {row['runs']} runs{right}", flush=True)


def main():
    warnings.filterwarnings("ignore")  # of TorchScript, that it is deprecated
    arguments = parse_arguments()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        network = Network(arguments.model, arguments.keep or folder, arguments.checkpoint, arguments.onnx, arguments.data,
                          arguments.calibration)
        for variant in arguments.variants:
            for batch_size in arguments.batch_size:
                rows.append(measure(variant, network, batch_size, arguments))
                if not arguments.json:
                    print_row(rows[-1])
    if arguments.json:
        packages = sorted({module for variant in arguments.variants for module in runtimes.modules_of(variant)})
        versions = {name: metadata.version(name) for name in ("torch", *packages)}
        print(json.dumps({"environment": versions | {"threads": arguments.threads}, "rows": rows}))


if __name__ == "__main__":
    main()
