"""What PyTorch computes for tern's networks, from weights and images made by hashed.py."""

import re
import sys
from pathlib import Path

import hashed
import numpy as np
import torch
from torch.nn import functional as F

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench/peers"))
import models  # noqa: E402

EXACT_BATCH, EXACT_STEPS = 8, 4
SINGLE_BATCH, SINGLE_STEPS = 64, 5
SHORT_BATCH = 4
OPTIMIZERS = {
    "sgd": lambda parameters, _: torch.optim.SGD(parameters, lr=0.01, momentum=0.9),
    "adam": lambda parameters, epsilon: torch.optim.Adam(parameters, lr=1e-3, eps=epsilon),
}
# The networks that are compared in all ways, with their biases right before a batch norm: the gradient of these is zero,
# what is computed is rounding noise. Of every other network there are four steps of SGD.
NOISE = {
    "mini_xception": re.compile(r"entry\.conv\d\.bias|.*\.pointwise\.bias"),
    "mini_xception_dense": re.compile(r"conv\d\.bias|middle_flow\.(0|3|6|9)\.bias|exit_flow\.(0|3)\.bias"),
}


def build(name, dtype, memory_format=torch.contiguous_format):
    model = models.build(name).to(dtype)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(hashed.parameter(name, key, tuple(parameter.shape))))
    return model.to(memory_format=memory_format)


def batch(name, size, step, dtype, round_to_single=False):
    """Inputs (size, 3, 32, 32) and labels of samples size * step onwards."""
    pixels = torch.from_numpy(hashed.images(size * (step + 1))[size * step :])
    x = models.normalize(pixels.double(), models.NORMALIZE[name])
    if round_to_single:
        x = x.float()
    return x.to(dtype), torch.from_numpy(hashed.labels(size * (step + 1))[size * step :])


def numbers(tensor):
    """Shortest decimal text that gives the same float32 or float64 back."""
    if tensor.dtype == torch.float32:
        return [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]
    return tensor.detach().flatten().tolist()


def backward(model, x, y):
    logits = model(x)
    loss = F.cross_entropy(logits, y)
    model.zero_grad()
    loss.backward()
    return logits, loss


def digests(tensors, **how):
    return {key: hashed.digest(key, value.detach().numpy(), **how) for key, value in tensors}


def running(model):
    return [(key, buffer) for key, buffer in model.named_buffers() if buffer.is_floating_point()]


def mark_noise(name, entries, weights):
    """Marks the gradients that are noise, and makes sure that exactly these are."""
    for key, entry in entries.items():
        noise = entry["norm"] < 1e-10 * np.linalg.norm(weights[key].numpy())
        assert noise == bool(NOISE[name].fullmatch(key)), f"{name} {key}: gradient norm {entry['norm']}"
        if noise:
            entry["rounding_noise"] = True
    return entries


def gradients(model):
    return {key: parameter.grad.clone() for key, parameter in model.named_parameters()}


def trained(name, optimizer, size, steps, dtype, round_to_single=False):
    model = build(name, dtype)
    stepper = OPTIMIZERS[optimizer](model.parameters(), models.ADAM_EPSILON[name])
    losses = []
    for step in range(steps):
        losses.append(backward(model, *batch(name, size, step, dtype, round_to_single))[1])
        stepper.step()
    return model, numbers(torch.stack(losses))


def exact(name):
    """float64, a small batch: everything must agree but for rounding."""
    model = build(name, torch.float64)
    weights = {key: value.detach().clone() for key, value in model.named_parameters()}
    x, y = batch(name, EXACT_BATCH, 0, torch.float64)
    logits, loss = backward(model, x, y)
    answer = {"batch": EXACT_BATCH, "loss": loss.item(), "logits": numbers(logits)}
    answer["running"] = digests(running(model))
    answer["gradients"] = mark_noise(name, digests(gradients(model).items()), weights)
    with torch.no_grad():
        answer["evaluation_logits"] = numbers(model.eval()(x))
    for optimizer in OPTIMIZERS:
        model, losses = trained(name, optimizer, EXACT_BATCH, EXACT_STEPS, torch.float64)
        state = digests([*model.named_parameters(), *running(model)])
        answer[optimizer] = {"losses": losses, "state": state}
    return answer


def distance(mine, truth):
    return ((mine.double() - truth).norm() / truth.norm()).item()


def single(name):
    """A batch for float32: the float64 answer from float32 inputs, and PyTorch's own distance from it."""
    model = build(name, torch.float64)
    weights = {key: value.detach().clone() for key, value in model.named_parameters()}
    x, y = batch(name, SINGLE_BATCH, 0, torch.float64, round_to_single=True)
    truth, loss = backward(model, x, y)
    true_gradients = gradients(model)
    answer = {"batch": SINGLE_BATCH, "loss": loss.item(), "logits": numbers(truth)}
    answer["gradients"] = digests(true_gradients.items(), projections=16, samples=0)
    mark_noise(name, answer["gradients"], weights)
    answer["logits_distance"] = []
    for entry in answer["gradients"].values():
        entry["distance"] = []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        model = build(name, torch.float32, memory_format)
        logits, _ = backward(model, x.float().contiguous(memory_format=memory_format), y)
        answer["logits_distance"].append(distance(logits, truth))
        for key, gradient in gradients(model).items():
            answer["gradients"][key]["distance"].append(distance(gradient, true_gradients[key]))
    for entry in answer["gradients"].values():
        if entry.get("rounding_noise"):
            del entry["distance"]
    for optimizer in OPTIMIZERS:
        answer[optimizer] = {
            "losses": trained(name, optimizer, SINGLE_BATCH, SINGLE_STEPS, torch.float32)[1],
            "losses_float64": trained(name, optimizer, SINGLE_BATCH, SINGLE_STEPS, torch.float64, True)[1],
        }
    return answer


def short(name):
    """float64, four steps of SGD, and the first images again in evaluation mode; digests are small ones."""
    model, losses = trained(name, "sgd", SHORT_BATCH, EXACT_STEPS, torch.float64)
    state = digests([*model.named_parameters(), *running(model)], samples=0)
    with torch.no_grad():
        logits = model.eval()(batch(name, SHORT_BATCH, 0, torch.float64)[0])
    return {"batch": SHORT_BATCH, "sgd": {"losses": losses, "state": state}, "evaluation_logits": numbers(logits)}


def golden(name):
    if name not in NOISE:
        return {"model": name, "exact": short(name)}
    return {"model": name, "exact": exact(name), "float32": single(name)}
