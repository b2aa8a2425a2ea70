"""What PyTorch computes for single operations: outputs, and input gradients under a given output gradient.

A case is a dictionary of parameters and the shapes of its inputs; the compute_... functions turn it into
PyTorch calls. Images are (N, H, W, C) in the files and (N, C, H, W) inside PyTorch.
"""

import math

import hashed
import torch
from torch.nn import functional as F


def planes(x):
    return x.permute(0, 3, 1, 2)


def pixels(x):
    return x.permute(0, 2, 3, 1)


def case(name, shapes, scale=None, **params):
    """shapes: input name -> shape; scale: input name -> (scale, offset) where it is not (1, 0)."""
    return {"name": name, "params": params, "shapes": shapes, "scale": scale or {}}


# ---- convolutions ------------------------------------------------------------------------------------------


def conv(name, x, w, stride=(1, 1), dilation=(1, 1), padding=(0, 0, 0, 0), groups=1, bias=True):
    """padding: top, bottom, left, right."""
    shapes = {"x": x, "w": w} | ({"bias": (w[0],)} if bias else {})
    return case(name, shapes, stride=stride, dilation=dilation, padding=padding, groups=groups)


def compute_conv(p, x, w, bias=None):
    top, bottom, left, right = p["padding"]
    x = F.pad(planes(x), (left, right, top, bottom))
    y = F.conv2d(x, w, bias, stride=p["stride"], dilation=p["dilation"], groups=p["groups"])
    return {"y": pixels(y)}


CONV2D = [
    conv("plain", (2, 5, 6, 3), (4, 3, 3, 3), padding=(1, 1, 1, 1)),
    conv("stride_asymmetric_padding", (2, 6, 5, 3), (4, 3, 3, 3), stride=(2, 2), padding=(0, 1, 0, 1)),
    conv("dilation", (1, 7, 8, 2), (3, 2, 3, 3), dilation=(2, 2), padding=(2, 2, 2, 2), bias=False),
    conv("groups", (2, 4, 4, 6), (4, 3, 3, 3), padding=(1, 1, 1, 1), groups=2),
    conv("pointwise", (2, 3, 4, 5), (3, 5, 1, 1)),
    conv("all_differ", (2, 8, 7, 4), (6, 2, 4, 3), (2, 1), (1, 2), (1, 2, 3, 0), groups=2),
]
DEPTHWISE = [
    conv("plain", (2, 5, 6, 4), (4, 1, 3, 3), padding=(1, 1, 1, 1), groups=4, bias=False),
    conv("stride_asymmetric_padding", (2, 6, 5, 3), (3, 1, 3, 3), (2, 2), (1, 1), (0, 1, 0, 1), 3, False),
    conv("dilation", (1, 7, 8, 3), (3, 1, 3, 3), (1, 1), (2, 2), (2, 2, 2, 2), 3, False),
    conv("wide_kernel", (2, 6, 7, 2), (2, 1, 5, 4), (1, 2), (1, 1), (2, 2, 1, 2), 2, False),
]


def compute_linear(p, x, w, bias=None):
    return {"y": F.linear(x, w, bias)}


LINEAR = [
    case("bias", {"x": (3, 5), "w": (4, 5), "bias": (4,)}),
    case("no_bias", {"x": (7, 9), "w": (2, 9)}),
]


# ---- batch norm --------------------------------------------------------------------------------------------


def compute_batch_norm(p, x, gamma, beta, residual=None):
    """y = activation(gamma (x - mean) / sqrt(variance + epsilon) + beta + residual), biased variance."""
    mean, variance = x.mean(dim=(0, 1, 2)), x.var(dim=(0, 1, 2), unbiased=False)
    y = pixels(F.batch_norm(planes(x), None, None, gamma, beta, training=True, eps=p["epsilon"]))
    if residual is not None:
        y = y + residual
    return {"y": F.relu(y) if p["activation"] == "relu" else y}, {"mean": mean, "variance": variance}


def batch_norm(name, residual, activation, epsilon=1e-3):
    shapes = {"x": (3, 4, 3, 5), "gamma": (5,), "beta": (5,)}
    if residual:
        shapes["residual"] = shapes["x"]
    return case(name, shapes, {"x": (1.5, 0.5), "gamma": (0.5, 1)}, activation=activation, epsilon=epsilon)


BATCH_NORM = [
    batch_norm("plain", False, "none"),
    batch_norm("small_epsilon", False, "none", 1e-5),
    batch_norm("relu", False, "relu"),
    batch_norm("residual", True, "none"),
    batch_norm("residual_relu", True, "relu"),
]


# ---- group norm --------------------------------------------------------------------------------------------


def compute_group_norm(p, x, gamma, beta):
    return {"y": pixels(F.group_norm(planes(x), p["groups"], gamma, beta, p["epsilon"]))}


def group_norm(name, groups, epsilon=1e-3):
    shapes = {"x": (3, 4, 3, 6), "gamma": (6,), "beta": (6,)}
    return case(name, shapes, {"x": (1.5, 0.5), "gamma": (0.5, 1)}, groups=groups, epsilon=epsilon)


GROUP_NORM = [
    group_norm("three_groups", 3),
    group_norm("one_group", 1, 1e-5),
    group_norm("instances", 6),
]


# ---- pools, softmax, loss ----------------------------------------------------------------------------------


def compute_max_pool(p, x):
    top, bottom, left, right = p["padding"]
    x = F.pad(planes(x), (left, right, top, bottom), value=-math.inf)
    return {"y": pixels(F.max_pool2d(x, p["kernel"], p["stride"]))}


MAX_POOL = [
    case("same", {"x": (2, 6, 8, 3)}, kernel=(3, 3), stride=(2, 2), padding=(0, 1, 0, 1)),
    case("symmetric", {"x": (2, 7, 6, 3)}, kernel=(3, 3), stride=(2, 2), padding=(1, 1, 1, 1)),
    case("halves", {"x": (1, 4, 6, 2)}, kernel=(2, 2), stride=(2, 2), padding=(0, 0, 0, 0)),
    case("all_differ", {"x": (2, 7, 5, 2)}, kernel=(3, 2), stride=(1, 2), padding=(2, 0, 0, 1)),
]


def compute_global_average_pool(p, x):
    return {"y": x.mean(dim=(1, 2))}


def compute_softmax(p, x):
    return {"y": F.softmax(x, dim=-1)}


def compute_cross_entropy(p, x):
    labels = torch.from_numpy(hashed.integers(p["labels"], x.shape[0], x.shape[1]))
    return {"loss": F.cross_entropy(x, labels, label_smoothing=p["label_smoothing"])}


def cross_entropy(name, shape, smoothing, scale=3.0):
    labels = f"softmax_cross_entropy/{name}/labels"
    return case(name, {"x": shape}, {"x": (scale, 0)}, labels=labels, label_smoothing=smoothing)


POOLS = [case("plain", {"x": (3, 4, 5, 6)})]
SOFTMAX = [case("plain", {"x": (4, 10)}, {"x": (3, 0)}), case("large", {"x": (3, 7)}, {"x": (300, 500)})]
CROSS_ENTROPY = [
    cross_entropy("plain", (6, 10), 0.0),
    cross_entropy("smoothed", (6, 10), 0.1),
    cross_entropy("large", (4, 7), 0.1, 200.0),
]


# ---- element-wise ------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "relu": F.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.01),
    "relu6": F.relu6,
    "elu": F.elu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
    "hardswish": F.hardswish,
}
ARITHMETIC = {"add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div}


def compute_activation(p, x):
    return {"y": ACTIVATIONS[p["activation"]](x)}


def compute_arithmetic(p, a, b):
    return {"y": ARITHMETIC[p["operation"]](a, b)}


ACTIVATION_CASES = [case(name, {"x": (2, 3, 2, 4)}, {"x": (8, 0)}, activation=name) for name in ACTIVATIONS]
ARITHMETIC_CASES = [
    case(f"{name}_{kind}", {"a": a, "b": b}, {"b": (0.5, 1.25)}, operation=name)
    for name in ARITHMETIC
    for kind, a, b in [
        ("equal", (2, 3, 4), (2, 3, 4)),
        ("channels", (2, 3, 2, 4), (4,)),
        ("both", (3, 1, 4), (2, 1)),
    ]
]


# ---- moving and reducing -----------------------------------------------------------------------------------


def compute_concat(p, **inputs):
    return {"y": torch.cat(list(inputs.values()), dim=p["axis"])}


def compute_pad(p, x):
    top, bottom, left, right = p["padding"]
    return {"y": F.pad(x, (0, 0, left, right, top, bottom), value=p["value"])}


REDUCTIONS = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax}


def compute_reduction(p, x):
    return {"y": REDUCTIONS[p["operation"]](x, dim=p["axes"])}


CONCAT = [
    case("channels", {"a": (2, 3, 2, 3), "b": (2, 3, 2, 1), "c": (2, 3, 2, 2)}, axis=3),
    case("rows", {"a": (2, 3), "b": (4, 3)}, axis=0),
]
PAD = [
    case("zeros", {"x": (2, 3, 2, 3)}, padding=(1, 0, 2, 1), value=0.0),
    case("value", {"x": (1, 2, 3, 2)}, padding=(0, 1, 1, 1), value=-1.5),
]
REDUCTION_CASES = [
    case(f"{name}_{''.join(map(str, axes))}", {"x": (2, 3, 4, 3)}, operation=name, axes=axes)
    for name in REDUCTIONS
    for axes in [(0, 1, 2, 3), (0, 1, 2), (3,), (1, 2)]
]



def compute_fake_quantize(p, x):
    scale, ends = torch.tensor(p["scales"]), (p["low"], p["high"])
    if len(scale) == 1:
        return {"y": torch.fake_quantize_per_tensor_affine(x, scale.item(), 0, *ends)}
    zeros = torch.zeros(len(scale), dtype=torch.int32)
    return {"y": torch.fake_quantize_per_channel_affine(x, scale, zeros, 0, *ends)}


# Scales are powers of two, so that no type has a number on the other side of a half.
FAKE_QUANTIZE = [
    case("one_scale", {"x": (4, 15)}, {"x": (3, 0)}, scales=[0.25], low=-7, high=8),
    case("scale_of_rows", {"x": (4, 15)}, {"x": (3, 0)}, scales=[0.5, 0.25, 0.125, 0.0625], low=-12, high=12),
]

FILES = {
    "conv2d": (CONV2D, compute_conv),
    "depthwise_conv2d": (DEPTHWISE, compute_conv),
    "linear": (LINEAR, compute_linear),
    "batch_norm": (BATCH_NORM, compute_batch_norm),
    "group_norm": (GROUP_NORM, compute_group_norm),
    "fake_quantize": (FAKE_QUANTIZE, compute_fake_quantize),
    "max_pool2d": (MAX_POOL, compute_max_pool),
    "global_average_pool": (POOLS, compute_global_average_pool),
    "softmax": (SOFTMAX, compute_softmax),
    "softmax_cross_entropy": (CROSS_ENTROPY, compute_cross_entropy),
    "activation": (ACTIVATION_CASES, compute_activation),
    "arithmetic": (ARITHMETIC_CASES, compute_arithmetic),
    "concat": (CONCAT, compute_concat),
    "pad": (PAD, compute_pad),
    "reduction": (REDUCTION_CASES, compute_reduction),
}


def described(tensor):
    return {"shape": list(tensor.shape), "values": tensor.detach().flatten().tolist()}


def run(operation, entry, compute):
    inputs, listed = {}, {}
    for key, shape in entry["shapes"].items():
        scale, offset = entry["scale"].get(key, (1, 0))
        name = f"{operation}/{entry['name']}/{key}"
        inputs[key] = torch.from_numpy(hashed.values(name, shape, scale, offset)).requires_grad_()
        listed[key] = {"shape": list(shape), "scale": scale, "offset": offset}
    outputs = compute(entry["params"], **inputs)
    outputs, extra = outputs if isinstance(outputs, tuple) else (outputs, {})
    for key, output in outputs.items():
        name = f"{operation}/{entry['name']}/{key}/gradient"
        output.backward(torch.from_numpy(hashed.values(name, tuple(output.shape))))
    return {
        "name": entry["name"],
        "params": entry["params"],
        "inputs": listed,
        "outputs": {key: described(output) for key, output in (outputs | extra).items()},
        "gradients": {key: described(value.grad) for key, value in inputs.items()},
    }


def golden(operation):
    cases, compute = FILES[operation]
    return {"operation": operation, "cases": [run(operation, entry, compute) for entry in cases]}
