#!/usr/bin/env python3
"""Writes calibration.json with numpy: expected calibration errors of logits and labels that names give (README.md)."""
import json
from pathlib import Path

import numpy
from hashed import integers, values

BINS = 15
# name, classes, samples, logits in +- scale
CASES = [
    ("unsure", 10, 400, 1.0),
    ("sure", 10, 400, 12.0),
    ("two_classes", 2, 300, 3.0),
    ("many_classes", 100, 200, 6.0),
    ("one_sample", 3, 1, 2.0),
    ("equal_logits", 3, 30, 0.0),  # a confidence of 1/3 is the upper edge of a bin
]


def case(name, classes, samples, scale):
    logits = values(f"calibration/{name}/logits", (samples, classes), scale)
    labels = integers(f"calibration/{name}/labels", samples, classes)
    probabilities = numpy.exp(logits) / numpy.exp(logits).sum(axis=1, keepdims=True)
    confidence, guess = probabilities.max(axis=1), probabilities.argmax(axis=1)
    edges = [i / BINS for i in range(BINS + 1)]
    bins = []
    for low, high in zip(edges, edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        count = int(inside.sum())
        bins.append([count, confidence[inside].mean(), (guess == labels)[inside].mean()] if count else [0, 0.0, 0.0])
    assert sum(count for count, _, _ in bins) == samples
    error = sum(count / samples * abs(accuracy - mean) for count, mean, accuracy in bins)
    ranks = (logits > logits[numpy.arange(samples), labels][:, None]).sum(axis=1)
    return {"name": name, "classes": classes, "samples": samples, "scale": scale, "error": error, "bins": bins,
            "top_5": float((ranks < 5).mean())}


if __name__ == "__main__":
    lines = ",\n".join("  " + json.dumps(case(*arguments)) for arguments in CASES)
    path = Path(__file__).with_name("calibration.json")
    path.write_text(f'{{"numpy": "{numpy.__version__}", "cases": [\n{lines}\n]}}\n')
