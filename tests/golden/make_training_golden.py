#!/usr/bin/env python3
"""Writes optimizers.json and schedules.json with PyTorch in float64; Muon with numpy, after the description of its authors
(README.md)."""
import json
import math
from pathlib import Path

import numpy as np
import torch
from hashed import values

STEPS = 10
SHAPES = {
    "stem.weight": (4, 2, 2, 2),
    "stem.bias": (4,),
    "depthwise.weight": (4, 1, 2, 2),
    "pointwise.weight": (6, 4, 1, 1),
    "conv.weight": (3, 6, 2, 2),
    "hidden.weight": (5, 3),
    "norm.weight": (5,),
    "head.weight": (2, 5),
    "head.bias": (2,),
}
MATRICES = ("pointwise.weight", "conv.weight", "hidden.weight")


def start():
    return {name: values(f"optimizers/{name}", shape, 0.5) for name, shape in SHAPES.items()}


def gradient(name, step):
    return values(f"optimizers/{name}/gradient/{step}", SHAPES[name])


def torch_parameters():
    return {name: torch.nn.Parameter(torch.from_numpy(array.copy())) for name, array in start().items()}


def groups(parameters, decay, weight_decay):
    if decay == "all":
        return [{"params": list(parameters.values()), "weight_decay": weight_decay}]
    return [
        {"params": [p for p in parameters.values() if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters.values() if p.dim() < 2], "weight_decay": 0.0},
    ]


def run(make, decay="all", weight_decay=0.0, clip=0.0, average=0.0):
    """The parameters after ten steps, and their average."""
    parameters = torch_parameters()
    optimizer = make(groups(parameters, decay, weight_decay))
    holder = torch.nn.ParameterDict({name.replace(".", "_"): p for name, p in parameters.items()})

    def mean(averaged, current, count):  # the first time it is a copy
        decays = min(average, (1 + int(count)) / (10 + int(count)))
        return averaged + (1 - decays) * (current - averaged)

    averaged = torch.optim.swa_utils.AveragedModel(holder, avg_fn=mean)
    for step in range(STEPS):
        for name, parameter in parameters.items():
            parameter.grad = torch.from_numpy(gradient(name, step))
        if clip:
            torch.nn.utils.clip_grad_norm_(list(parameters.values()), clip)
        optimizer.step()
        averaged.update_parameters(holder)
    kept = averaged.module if average else holder
    return {name: kept[name.replace(".", "_")].detach().numpy().ravel().tolist() for name in parameters}


def orthogonalized(matrix):
    """Newton-Schulz with the coefficients of Jordan et al. (2024), always over the shorter side."""
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (np.linalg.norm(x) + 1e-7)
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


def run_muon(rate, momentum, weight_decay, auxiliary_rate, epsilon):
    weights = start()
    mean = {name: np.zeros(SHAPES[name]) for name in MATRICES}
    others = {name: torch.nn.Parameter(torch.from_numpy(weights[name].copy())) for name in SHAPES if name not in MATRICES}
    adamw = torch.optim.AdamW(groups(others, "weights", weight_decay), lr=auxiliary_rate, eps=epsilon)
    for step in range(STEPS):
        for name in MATRICES:
            g = gradient(name, step)
            mean[name] = momentum * mean[name] + (1 - momentum) * g
            ahead = momentum * mean[name] + (1 - momentum) * g
            rows = len(ahead)
            change = orthogonalized(ahead.reshape(rows, -1))
            change *= math.sqrt(max(1.0, rows / change.shape[1]))
            weights[name] = (1 - rate * weight_decay) * weights[name] - rate * change.reshape(SHAPES[name])
        for name, parameter in others.items():
            parameter.grad = torch.from_numpy(gradient(name, step))
        adamw.step()
    for name, parameter in others.items():
        weights[name] = parameter.detach().numpy()
    return {name: weights[name].ravel().tolist() for name in SHAPES}


def optimizers():
    optim = torch.optim
    cases = {
        "sgd": run(lambda g: optim.SGD(g, lr=0.05), weight_decay=0.1),
        "sgd, momentum, decay of weights": run(lambda g: optim.SGD(g, lr=0.05, momentum=0.9), "weights", 0.1),
        "sgd, nesterov": run(lambda g: optim.SGD(g, lr=0.05, momentum=0.9, nesterov=True), weight_decay=0.1),
        "adam": run(lambda g: optim.Adam(g, lr=0.01), weight_decay=0.1),
        "adam, decay of weights": run(lambda g: optim.Adam(g, lr=0.01, betas=(0.8, 0.95), eps=1e-4), "weights", 0.1),
        "adamw": run(lambda g: optim.AdamW(g, lr=0.01), weight_decay=0.1),
        "adamw, decay of weights": run(lambda g: optim.AdamW(g, lr=0.01), "weights", 0.1),
        "rmsprop": run(lambda g: optim.RMSprop(g, lr=0.01), weight_decay=0.1),
        "rmsprop, momentum, decay of weights": run(
            lambda g: optim.RMSprop(g, lr=0.01, alpha=0.9, eps=1e-4, momentum=0.8), "weights", 0.1
        ),
        "sgd, clipped": run(lambda g: optim.SGD(g, lr=0.1), clip=0.5),
        "sgd, below the limit": run(lambda g: optim.SGD(g, lr=0.1), clip=100.0),
        "sgd, averaged": run(lambda g: optim.SGD(g, lr=0.05), average=0.5),
        "sgd, averaged in a warm-up": run(lambda g: optim.SGD(g, lr=0.05), average=0.999),
        "muon": run_muon(0.02, 0.95, 0.1, 0.003, 1e-8),
    }
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(kept)}" for name, kept in cases.items())
    return f'{{"torch": "{torch.__version__}", "numpy": "{np.__version__}", "cases": {{\n{lines}\n}}}}\n'


def rates(make, observed=()):
    """Of 20 steps; after every fifth the schedule is told a value if there are any."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    schedule = make(optimizer)
    kept = []
    for step in range(20 if not observed else 5 * len(observed)):
        kept.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if not observed:
            schedule.step()
        elif step % 5 == 4:
            schedule.step(observed[step // 5])
    return kept


def schedules():
    lr = torch.optim.lr_scheduler

    def warm(make):
        def both(optimizer):
            rise = lr.LinearLR(optimizer, start_factor=1 / 6, total_iters=5)
            return lr.SequentialLR(optimizer, [rise, make(optimizer)], milestones=[5])

        return both

    values_seen = [0.3, 0.5, 0.4, 0.49, 0.500001, 0.45, 0.6, 0.55, 0.6, 0.1, 0.2]
    cases = {
        "step": rates(lambda o: lr.MultiStepLR(o, [10, 15], gamma=0.3)),
        "cosine": rates(lambda o: lr.CosineAnnealingLR(o, 20, eta_min=0.01)),
        "cosine after a warm-up": rates(warm(lambda o: lr.CosineAnnealingLR(o, 15, eta_min=0.01))),
        "polynomial": rates(lambda o: lr.PolynomialLR(o, 20, power=2.0)),
        "polynomial after a warm-up": rates(warm(lambda o: lr.PolynomialLR(o, 15, power=1.0))),
        "one-cycle": one_cycle(0.3),
        "one-cycle, rising longer": one_cycle(0.5),
        "plateau, higher is better": rates(
            lambda o: lr.ReduceLROnPlateau(o, "max", factor=0.5, patience=1, min_lr=0.06), values_seen
        ),
        "plateau, lower is better": rates(
            lambda o: lr.ReduceLROnPlateau(o, "min", factor=0.5, patience=1, min_lr=0.0), values_seen
        ),
    }
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(kept)}" for name, kept in cases.items())
    return f'{{"torch": "{torch.__version__}", "cases": {{\n{lines}\n}}}}\n'


def one_cycle(rise):
    """It may be stepped once less than there are rates."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.4, total_steps=20, pct_start=rise, cycle_momentum=False)
    kept = [optimizer.param_groups[0]["lr"]]
    for _ in range(19):
        optimizer.step()
        schedule.step()
        kept.append(optimizer.param_groups[0]["lr"])
    return kept


if __name__ == "__main__":
    folder = Path(__file__).parent
    (folder / "optimizers.json").write_text(optimizers())
    (folder / "schedules.json").write_text(schedules())
