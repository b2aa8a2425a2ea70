"""Numbers made from a name and an index, the same in any language (README.md has the formula)."""

import math

import numpy as np

GOLDEN_RATIO = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1


def name_key(name):
    """FNV-1a, 64 bits."""
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = ((key ^ byte) * 0x100000001B3) & MASK
    return key


def bits(name, count):
    """uint64 (count): splitmix64's sequence from the name's key."""
    z = np.uint64(name_key(name)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN_RATIO)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def values(name, shape, scale=1.0, offset=0.0):
    """float64 that float32 holds exactly: uniform in offset +- scale."""
    uniform = (bits(name, math.prod(shape)) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return (offset + scale * (2.0 * uniform - 1.0)).astype(np.float32).astype(np.float64).reshape(shape)


def integers(name, count, limit):
    return (bits(name, count) % np.uint64(limit)).astype(np.int64)


def signs(name, count):
    """+1 or -1 by the top bit."""
    return np.where(bits(name, count) >> np.uint64(63), 1.0, -1.0)


def images(count):
    """uint8 (count, 3, 32, 32): cells of 8 x 8 pixels with noise on them, so that pooled images differ."""
    coarse = (bits("images.coarse", count * 3 * 4 * 4) >> np.uint64(56)).reshape(count, 3, 4, 4)
    fine = (bits("images.fine", count * 3 * 32 * 32) >> np.uint64(56)).reshape(count, 3, 32, 32)
    coarse = coarse.repeat(8, axis=2).repeat(8, axis=3)
    return ((np.uint64(3) * coarse + fine) >> np.uint64(2)).astype(np.uint8)


def labels(count):
    return integers("labels", count, 10)


def parameter(model, name, shape):
    """float64 weights and biases of a model, in PyTorch's order of dimensions."""
    key = f"{model}/{name}"
    if len(shape) > 1:
        return values(key, shape, math.sqrt(6.0 / math.prod(shape[1:])))
    if name.endswith("weight"):  # a batch norm's gamma
        return values(key, shape, 0.2, 1.0)
    return values(key, shape, 0.2)


def digest(name, array, projections=2, samples=64):
    """What is kept of a tensor: its norm, sums under random signs, and some elements.

    For an error e the square of its sum under random signs has the mean |e|^2.
    """
    flat = np.asarray(array, dtype=np.float64).ravel()
    kept = {"norm": float(np.linalg.norm(flat))}
    directions = (signs(f"direction/{k}/{name}", flat.size) for k in range(projections))
    kept["projections"] = [float(flat @ direction) for direction in directions]
    if samples:
        kept["samples"] = flat[sample_indices(name, flat.size, samples)].tolist()
    return kept


def sample_indices(name, size, samples):
    return np.arange(size) if size <= samples else integers(f"sample/{name}", samples, size)
