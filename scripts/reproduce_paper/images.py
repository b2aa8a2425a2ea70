"""The images that all runs train on: those of a folder, the first of these, or synthetic ones."""

import os
import shutil
from pathlib import Path

import measuring

TRAIN = [f"data_batch_{k}.bin" for k in range(1, 6)]
TEST = "test_batch.bin"
SAMPLE = 3073  # bytes: a label and 32 x 32 x 3
TRAIN_TO_TEST = 5  # as in CIFAR-10


def described(tern, folder):
    """What tern says of a set that PyTorch and Keras can read here too."""
    info = measuring.run_json([tern, "data", "info", folder, "--json"])
    if info["missing"] or [file["file"] for file in info["files"]] != [*TRAIN, TEST]:
        raise measuring.Failed(f"--data {folder}: must be CIFAR-10's binary files, {TRAIN[0]} to {TEST}")
    return info


def tests_for(images):
    return max(1, images // TRAIN_TO_TEST)


def shares(images):
    """How many of each training file."""
    return [images // len(TRAIN) + (k < images % len(TRAIN)) for k in range(len(TRAIN))]


def most_of(info):
    """How many images shares() can take."""
    return len(TRAIN) * min(file["samples"] for file in info["files"] if file["file"] in TRAIN)


def first_of(source, images, tests, folder):
    """Makes a folder of the first images of each file, as a whole."""
    made = folder.with_name(folder.name + ".new")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    for name, count in zip([*TRAIN, TEST], [*shares(images), tests]):
        with open(Path(source) / name, "rb") as file:
            (made / name).write_bytes(file.read(count * SAMPLE))
    names = Path(source) / "batches.meta.txt"
    if names.exists():
        shutil.copy(names, made)
    os.rename(made, folder)


def prepare(tern, settings, folder):
    """Makes the folder to train on, unless it is there."""
    folder = Path(folder)
    if folder.exists():
        return
    if settings.data == "synthetic":
        measuring.run([tern, "data", "synthesize", str(folder), "--train-samples", str(settings.images), "--test-samples", str(settings.tests)])
    else:
        first_of(described(tern, settings.data)["source"], settings.images, settings.tests, folder)
