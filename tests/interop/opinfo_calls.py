"""PyTorch's calls as tern's: for a sample of OpInfo the operation of run_operations.cpp, its parameters and tensors,
and how PyTorch's result is laid out in tern."""

import dataclasses
from typing import Callable

import torch


class Unsupported(Exception):
    """tern has no such call; the text says what it has not."""


@dataclasses.dataclass
class Call:
    operation: str
    inputs: list
    params: dict = dataclasses.field(default_factory=dict)
    result: Callable = lambda y: y  # PyTorch's result as tern lays it out


def unless(condition, reason):
    if not condition:
        raise Unsupported(reason)


def same(operation):
    return lambda x: Call(operation, [x])


def binary(operation):
    def call(x, other, alpha=1, rounding_mode=None):
        unless(alpha == 1, "alpha")
        unless(rounding_mode is None, "rounding of quotients")
        if isinstance(other, torch.Tensor):
            unless(x.dtype == other.dtype, "two types")
            return Call(operation, [x, other])
        unless(operation in ("add", "sub", "mul", "div", "pow"), "a number")
        return Call(f"{operation}_number", [x], {"number": other})

    return call


def axes_of(x, dim):
    if dim is None or dim == [] or dim == ():
        return list(range(x.dim()))
    dims = [dim] if isinstance(dim, int) else list(dim)
    unless(x.dim() > 0, "a dimension of a scalar")
    return dims


def reduction(operation):
    def call(x, dim=None, keepdim=False, dtype=None):
        unless(dtype is None, "another type of the result")
        return Call(operation, [x], {"axes": axes_of(x, dim), "keep_dims": keepdim})

    return call


def var(x, dim=None, unbiased=True, keepdim=False, correction=None):
    if isinstance(dim, bool):  # var(x, unbiased)
        dim, unbiased = None, dim
    correction = int(unbiased) if correction is None else correction
    axes = axes_of(x, dim)
    count = torch.Size([x.shape[d] for d in axes]).numel()
    unless(correction < count, "a correction of as many as there are")
    return Call("var", [x], {"axes": axes, "keep_dims": keepdim, "correction": correction})


def argmax(x, dim=None, keepdim=False):
    unless(dim is not None and x.dim() > 0, "the place in all dimensions")
    return Call("argmax", [x], {"axis": dim}, lambda y: y.squeeze(dim) if keepdim else y)


def topk(x, k, dim=-1, largest=True, sorted=True):
    unless(largest, "the smallest")
    unless(x.dim() > 0, "a dimension of a scalar")
    return Call("topk", [x], {"k": k, "axis": dim})


def softmax(operation):
    def call(x, dim, dtype=None):
        unless(dtype is None, "another type of the result")
        unless(x.dim() > 0 and dim in (-1, x.dim() - 1), "another dimension than the last")
        return Call(operation, [x])

    return call


def gather(x, dim, index, sparse_grad=False):
    unless(x.dim() > 0, "a dimension of a scalar")
    unless(index.dtype in (torch.int32, torch.int64), "an index of another type")
    return Call("gather", [x, index], {"axis": dim})


def index_select(x, dim, index):
    unless(x.dim() > 0, "a dimension of a scalar")
    return Call("index_select", [x, index], {"axis": dim})


def where(x, condition, other):
    unless(x.dtype == other.dtype, "two types")
    return Call("where", [condition.to(torch.uint8), x, other])


def transpose(x, first, second):
    unless(x.dim() > 0, "a dimension of a scalar")
    return Call("transpose", [x], {"first": first, "second": second})


def narrow(x, dim, start, length):
    start = int(start)
    start += x.shape[dim] if start < 0 else 0
    return Call("narrow", [x], {"axis": dim, "begin": start, "end": start + length})


def pad(x, pad, mode="constant", value=None):
    unless(mode != "circular", "circular borders")
    unless(min(pad) >= 0, "negative borders")
    borders = [[0, 0] for _ in range(x.dim())]
    for i in range(len(pad) // 2):
        borders[x.dim() - 1 - i] = [pad[2 * i], pad[2 * i + 1]]
    return Call("pad", [x], {"borders": borders, "mode": mode, "value": value or 0})


def matmul(a, b):
    unless(a.dim() > 1 and b.dim() > 1, "vectors")
    return Call("matmul", [a, b])


def linear(x, weight, bias=None):
    unless(x.dim() > 1 and weight.dim() == 2, "vectors")
    return Call("linear", [x, weight] + ([] if bias is None else [bias]))


def channels_last(x):
    return x.permute(0, 2, 3, 1)


def pair(value):
    values = [value, value] if isinstance(value, int) else list(value)
    return values * 2 if len(values) == 1 else values


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    unless(x.dim() == 4, "an image without a batch")
    unless(not isinstance(padding, str), "padding by name")
    window = [*weight.shape[2:], *pair(stride), *pair(dilation), *pair(padding)]
    inputs = [channels_last(x), weight] + ([] if bias is None else [bias])
    return Call("conv2d", inputs, {"window": window, "groups": groups}, channels_last)


def max_pool2d(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    unless(x.dim() == 4, "an image without a batch")
    unless(not ceil_mode, "ceil_mode")
    window = [*pair(kernel_size), *pair(stride or kernel_size), *pair(dilation), *pair(padding)]
    return Call("max_pool2d", [channels_last(x)], {"window": window},
                lambda y: channels_last(y[0] if return_indices else y))


def avg_pool2d(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor=None):
    unless(x.dim() == 4, "an image without a batch")
    unless(not ceil_mode, "ceil_mode")
    unless(divisor is None, "a divisor")
    window = [*pair(kernel_size), *pair(stride or kernel_size), 1, 1, *pair(padding)]
    return Call("avg_pool2d", [channels_last(x)], {"window": window, "count_padding": count_include_pad},
                channels_last)


def group_norm(x, groups, weight=None, bias=None, eps=1e-5):
    unless(weight is not None and bias is not None, "no weight or bias")
    unless(eps > 0, "a negative epsilon")
    return Call("group_norm", [x.movedim(1, -1), weight, bias], {"groups": groups, "epsilon": eps},
                lambda y: y.movedim(1, -1))


def loss(operation, **more):
    def call(x, target, reduction="mean", weight=None, pos_weight=None, beta=1.0):
        unless(weight is None and pos_weight is None, "weights")
        return Call(operation, [x, target], {"reduction": reduction, "beta": beta})

    return call


def cross_entropy(x, target, weight=None, reduction="mean", ignore_index=-100, label_smoothing=0.0):
    unless(weight is None, "weights")
    unless(reduction == "mean", "another reduction than the mean")
    unless(x.dim() == 2 and target.dtype == torch.int64, "targets other than a label for each row")
    unless(ignore_index < 0, "an ignored label")
    return Call("cross_entropy", [x, target], {"label_smoothing": label_smoothing})


FUNCTIONAL = "nn.functional."
CALLS = {
    **{name: same(name) for name in "neg exp log sqrt abs square reciprocal sigmoid tanh".split()},
    **{FUNCTIONAL + name: same(name) for name in "relu relu6 silu hardswish".split()},
    **{name: binary(name) for name in "add sub mul div maximum minimum pow eq ne lt le gt ge".split()},
    **{name: reduction(name) for name in "sum mean amax amin".split()},
    **{name: softmax(name) for name in "softmax log_softmax".split()},
    **{FUNCTIONAL + name: loss(name)
       for name in "mse_loss l1_loss smooth_l1_loss binary_cross_entropy_with_logits".split()},
    FUNCTIONAL + "elu": same("elu"),
    FUNCTIONAL + "gelu": lambda x, approximate="none": Call("gelu" if approximate == "none" else "gelu_tanh", [x]),
    FUNCTIONAL + "leaky_relu": lambda x, negative_slope=0.01: Call("leaky_relu", [x], {"slope": negative_slope}),
    FUNCTIONAL + "cross_entropy": cross_entropy,
    FUNCTIONAL + "pad": pad,
    FUNCTIONAL + "linear": linear,
    FUNCTIONAL + "conv2d": conv2d,
    FUNCTIONAL + "max_pool2d": max_pool2d,
    FUNCTIONAL + "avg_pool2d": avg_pool2d,
    FUNCTIONAL + "group_norm": group_norm,
    "var": var,
    "argmax": argmax,
    "topk": topk,
    "gather": gather,
    "index_select": index_select,
    "where": where,
    "cat": lambda xs, dim=0: Call("cat", list(xs), {"axis": dim}),
    "stack": lambda xs, dim=0: Call("stack", list(xs), {"axis": dim}),
    "transpose": transpose,
    "permute": lambda x, dims: Call("permute", [x], {"order": list(dims)}),
    "narrow": narrow,
    "matmul": matmul,
    "bmm": matmul,
    "mm": matmul,
}
