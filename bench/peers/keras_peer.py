#!/usr/bin/env python3
"""Trains tern's mini_xception with Keras on the same CIFAR-10 binary files, as the paper's sequential run does, and prints times
and accuracies. Not keras.py, which would hide the package.

    keras_peer.py --data DIR --steps 20 --batch-size 32 --threads 1
    keras_peer.py --data DIR --epochs 2 --json

The network is that of docs/models.md in Keras' own layers and with its defaults; images are float32 in memory, N, H, W, C. The JSON
object has the form of pytorch.py's.
"""

import argparse
import json
import os
import platform
import resource
import sys
import time

from machine import cpu_name

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
try:
    import cifar10
    import keras
    import numpy as np
    import tensorflow as tf
    from keras import layers
except ImportError as error:
    sys.exit(f"keras_peer.py: {sys.executable} has no {error.name}; pip install tensorflow, or run this with a Python that has it")

PARAMETERS = 94_474  # trainable, docs/models.md


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="CIFAR-10's binary folder or its parent")
    add("--batch-size", type=int, default=32)
    amount = parser.add_mutually_exclusive_group(required=True)
    amount.add_argument("--epochs", type=int)
    amount.add_argument("--steps", type=int)
    add("--warmup", type=int, default=3, help="untimed steps before --steps (default: %(default)s)")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)))
    add("--seed", type=int, default=0)
    add("--json", action="store_true", help="one JSON object on standard output")
    arguments = parser.parse_args()
    if min(arguments.batch_size, arguments.threads, arguments.epochs or 1, arguments.steps or 1) < 1 or arguments.warmup < 0:
        parser.error("--batch-size, --threads, --epochs and --steps: expected at least 1, --warmup at least 0")
    return arguments


def mini_xception():
    """(N, 32, 32, 3) -> probabilities (N, 10)."""

    def norm(x, relu=True):
        x = layers.BatchNormalization()(x)
        return layers.ReLU()(x) if relu else x

    def separable(x, channels):
        return layers.SeparableConv2D(channels, 3, padding="same")(x)

    images = keras.Input((32, 32, 3))
    x = images
    for channels in (32, 64):
        x = norm(layers.Conv2D(channels, 3, padding="same")(x))
    for _ in range(4):
        y = norm(separable(x, 64))
        x = layers.Add()([x, norm(separable(y, 64), relu=False)])
    for _ in range(2):
        x = norm(separable(x, 128))
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(64, activation="relu")(x)
    return keras.Model(images, layers.Dense(10, activation="softmax")(x))


def built(seed):
    keras.utils.set_random_seed(seed)
    model = mini_xception()
    count = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    if count != PARAMETERS:
        sys.exit(f"keras_peer.py: the network has {count} parameters, expected {PARAMETERS}")
    model.compile(optimizer=keras.optimizers.Adam(1e-3, epsilon=1e-7), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def inputs(data, files):
    images, labels = cifar10.read_or_exit(data, files)
    return images.transpose(0, 2, 3, 1).astype(np.float32) / 255, labels


def timed(model, images, labels, batch_size):
    """A log line of one pass over the images."""
    start = time.perf_counter()
    history = model.fit(images, labels, batch_size=batch_size, verbose=0).history
    seconds = time.perf_counter() - start
    steps = -(-len(labels) // batch_size)
    return {
        "train_loss": history["loss"][-1],
        "train_accuracy": history["accuracy"][-1],
        "seconds": seconds,
        "seconds_per_step": seconds / steps,
        "images_per_second": len(labels) / seconds,
        "steps": steps,
        "peak_resident_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,  # of the process so far
    }


def rows(arguments):
    model = built(arguments.seed)
    images, labels = inputs(arguments.data, cifar10.TRAIN)
    if arguments.steps:
        count = (arguments.warmup + arguments.steps) * arguments.batch_size
        order = np.resize(np.random.default_rng(arguments.seed).permutation(len(labels)), count)
        before, picked = np.split(order, [arguments.warmup * arguments.batch_size])
        if len(before):
            timed(model, images[before], labels[before], arguments.batch_size)
        yield timed(model, images[picked], labels[picked], arguments.batch_size)
        return
    tests = inputs(arguments.data, cifar10.TEST)
    for epoch in range(1, arguments.epochs + 1):
        row = timed(model, images, labels, arguments.batch_size)
        test_loss, test_accuracy = model.evaluate(*tests, batch_size=256, verbose=0)
        yield {"epoch": epoch, **row, "test_loss": test_loss, "test_accuracy": test_accuracy}


def main():
    arguments = parse_arguments()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    facts = {"keras": keras.__version__, "tensorflow": tf.__version__, "python": platform.python_version(), "device": cpu_name(),
             "threads": arguments.threads}
    done = []
    for row in rows(arguments):
        done.append(row)
        text = "  ".join(f"{key} {value:.4g}" for key, value in row.items())
        print(text, file=sys.stderr if arguments.json else sys.stdout, flush=True)
    if arguments.json:
        settings = {key: value for key, value in vars(arguments).items() if key != "json"}
        print(json.dumps({"environment": facts, "settings": settings, "results": [{"variant": "keras", "rows": done}]}, indent=1))


if __name__ == "__main__":
    main()
