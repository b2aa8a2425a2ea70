#!/usr/bin/env python3
"""Writes distillation.json with PyTorch, in float64: losses of logits and labels that names give, and gradients (README.md)."""
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from hashed import integers, values

# name, samples, classes, weight, temperature
CASES = [
    ("usual", 5, 10, 0.9, 4.0),
    ("half", 7, 3, 0.5, 1.0),
    ("teacher_alone", 4, 6, 1.0, 2.5),
    ("labels_alone", 4, 6, 0.0, 2.0),
]


def case(name, samples, classes, weight, temperature):
    student = torch.tensor(values(f"distillation/{name}/student", (samples, classes), 3.0), requires_grad=True)
    teacher = torch.tensor(values(f"distillation/{name}/teacher", (samples, classes), 6.0))
    labels = torch.tensor(integers(f"distillation/{name}/labels", samples, classes))
    divergence = F.kl_div(
        F.log_softmax(student / temperature, 1), F.log_softmax(teacher / temperature, 1), reduction="batchmean", log_target=True
    )
    loss = (1 - weight) * F.cross_entropy(student, labels) + weight * temperature**2 * divergence
    loss.backward()
    return {"name": name, "samples": samples, "classes": classes, "weight": weight, "temperature": temperature,
            "loss": loss.item(), "gradient": student.grad.flatten().tolist()}


if __name__ == "__main__":
    lines = ",\n".join("  " + json.dumps(case(*arguments)) for arguments in CASES)
    path = Path(__file__).with_name("distillation.json")
    path.write_text(f'{{"pytorch": "{torch.__version__}", "cases": [\n{lines}\n]}}\n')
