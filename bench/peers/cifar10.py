"""CIFAR-10's binary files as numpy arrays, read without any of tern's code."""

import sys
from pathlib import Path

import numpy as np

SAMPLE = 1 + 3 * 32 * 32  # label, then red, green and blue planes row by row
TRAIN = [f"data_batch_{k}.bin" for k in range(1, 6)]
TEST = ["test_batch.bin"]


def read(folder, names):
    """Images (N, 3, 32, 32) uint8 and labels (N) int64 of the files, in order."""
    folder = Path(folder)
    if (folder / "cifar-10-batches-bin").is_dir():
        folder = folder / "cifar-10-batches-bin"
    parts = []
    for name in names:
        data = np.fromfile(folder / name, dtype=np.uint8)
        if data.size == 0 or data.size % SAMPLE:
            raise ValueError(f"{folder / name}: {data.size} bytes, expected a multiple of {SAMPLE}")
        parts.append(data.reshape(-1, SAMPLE))
    samples = np.concatenate(parts)
    if samples[:, 0].max() > 9:
        raise ValueError(f"{folder}: label {samples[:, 0].max()}, expected 0..9")
    return np.ascontiguousarray(samples[:, 1:]).reshape(-1, 3, 32, 32), samples[:, 0].astype(np.int64)


def read_or_exit(folder, names):
    """The same for a program, which ends with one line where it cannot read them."""
    try:
        return read(folder, names)
    except (OSError, ValueError) as error:
        text = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else error
        sys.exit(f"{Path(sys.argv[0]).name}: {text}")


def noise(count, seed=0):
    """Random images and labels: enough for timing, where no data set is at hand."""
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8)
    return images, generator.integers(0, 10, count)
