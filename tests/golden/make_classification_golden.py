#!/usr/bin/env python3
"""Writes classification_report.json with scikit-learn: scores of labels and predictions that names give (README.md)."""
import json
from pathlib import Path

import numpy
import sklearn
from hashed import integers
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

# name, classes, samples, classes that occur among labels and among predictions
CASES = [
    ("ten", 10, 500, range(10), range(10)),
    ("never_predicted", 4, 60, range(4), [0, 1, 3]),
    ("only_predicted", 4, 60, [0, 2], range(4)),
    ("absent", 6, 80, [0, 1, 4], [1, 3, 4]),
    ("one_record", 3, 1, range(3), range(3)),
]


def case(name, classes, samples, labels, predictions):
    def drawn(what, choices):
        return numpy.array(list(choices))[integers(f"classification/{name}/{what}", samples, len(choices))]

    truth, guess = drawn("labels", labels), drawn("predictions", predictions)
    scores = precision_recall_fscore_support(truth, guess, labels=range(classes), zero_division=0)
    macro = precision_recall_fscore_support(truth, guess, average="macro", zero_division=0)
    return {
        "name": name,
        "confusion": confusion_matrix(truth, guess, labels=range(classes)).tolist(),
        "accuracy": accuracy_score(truth, guess),
        "precision": scores[0].tolist(),
        "recall": scores[1].tolist(),
        "f1": scores[2].tolist(),
        "support": scores[3].tolist(),
        "macro": [float(value) for value in macro[:3]],
    }


if __name__ == "__main__":
    lines = ",\n".join("  " + json.dumps(case(*arguments)) for arguments in CASES)
    path = Path(__file__).with_name("classification_report.json")
    path.write_text(f'{{"scikit-learn": "{sklearn.__version__}", "cases": [\n{lines}\n]}}\n')
