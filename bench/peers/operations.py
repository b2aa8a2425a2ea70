"""A training step's time by kind of operation, the same kinds for tern and for PyTorch.

Where the two divide work differently, a kind is as wide as the wider of them: PyTorch's convolution_backward is all of
tern's backward passes, tern's batch norm does the ReLU after it and the sum before that.
"""

import re
from collections import defaultdict

OTHER = "other"
GRADIENT_SUMS = "sums of gradients"
OPTIMIZER = "optimizer"
NORM = "batch norm, relu, residual"
POINTWISE = "1x1 convolution, linear"
DEPTHWISE = "depthwise convolution"
POOL = "max pool"
SEPARABLE = "separable convolution, batch norm, max pool"
SEPARABLE_PARTS = (DEPTHWISE, POINTWISE, NORM, POOL)

TERN = {
    "conv2d": "convolution",
    "depthwise_conv2d": DEPTHWISE,
    "linear": POINTWISE,
    "separable_conv2d": SEPARABLE,
    "batch_norm": NORM,
    "normalize": NORM,
    "normalize_max_pool2d": SEPARABLE,
    "update_statistics": NORM,
    "activation": NORM,
    "max_pool2d": POOL,
    "global_average_pool": "average pool",
    "softmax_cross_entropy": "loss",
    "accumulate": GRADIENT_SUMS,
    "adam_step": OPTIMIZER,
}

PYTORCH_FORWARD = {
    "aten::linear": POINTWISE,
    "aten::batch_norm": NORM,
    "aten::relu": NORM,
    "aten::relu_": NORM,
    "aten::add": NORM,
    "aten::max_pool2d": POOL,
    "aten::mean": "average pool",
    "aten::adaptive_avg_pool2d": "average pool",
    "aten::cross_entropy_loss": "loss",
}
# By the name of the tape's node, without its number.
PYTORCH_BACKWARD = {
    "AddmmBackward": POINTWISE,
    "TBackward": POINTWISE,
    "NativeBatchNormBackward": NORM,
    "ReluBackward": NORM,
    "AddBackward": NORM,
    "MaxPool2DWithIndicesBackward": POOL,
    "MeanBackward": "average pool",
    "NllLossBackward": "loss",
    "LogSoftmaxBackward": "loss",
}
ENGINE = "autograd::engine::evaluate_function"


def kind_of_tern(operation):
    """`depthwise_conv2d.backward_weight` -> `depthwise convolution backward`."""
    name, _, which = operation.partition(".")
    kind = TERN.get(name, OTHER)
    if kind in (OTHER, OPTIMIZER, GRADIENT_SUMS):
        return kind
    return f"{kind} {'backward' if which.startswith('backward') else 'forward'}"


def by_kind_tern(rows):
    """Seconds by kind of the rows that `tern-bench --profile --json` writes."""
    seconds = defaultdict(float)
    for row in rows:
        seconds[kind_of_tern(row["operation"])] += row["seconds"]
    return dict(seconds)


def does_separable(by_kind):
    """Whether separable convolutions or max pools were done in one with the batch norm before them."""
    return any(kind.startswith(SEPARABLE) for kind in by_kind)


def with_separable(by_kind):
    """The same with the parts of fused operations under one kind, beside what does them in one."""
    seconds = defaultdict(float)
    for kind, value in by_kind.items():
        part = next((part for part in SEPARABLE_PARTS if kind.startswith(part)), None)
        seconds[kind if part is None else SEPARABLE + kind[len(part):]] += value
    return dict(seconds)


def kind_of_convolution(weight):
    """By the weight's shape (O, I/groups, H, W)."""
    if weight[1] == 1 and weight[0] > 1:
        return DEPTHWISE
    return POINTWISE if weight[2:] == [1, 1] else "convolution"


def kind_of_pytorch(event):
    """The kind of a profiler's event with all that it calls; none where that has to be looked into."""
    name, parent = event.name, event.cpu_parent
    if name == "aten::conv2d":
        return f"{kind_of_convolution(event.input_shapes[1])} forward"
    if name == "aten::convolution_backward":
        return f"{kind_of_convolution(event.input_shapes[2])} backward"
    if name.startswith(("Optimizer.step", "Optimizer.zero_grad")):
        return OPTIMIZER
    in_engine = parent is not None and parent.name.startswith(ENGINE)
    if name == "torch::autograd::AccumulateGrad" or (in_engine and name in ("aten::add", "aten::add_")):
        return GRADIENT_SUMS
    if kind := PYTORCH_BACKWARD.get(re.sub(r"\d+$", "", name)):
        return f"{kind} backward"
    if kind := PYTORCH_FORWARD.get(name):
        return f"{kind} forward"
    return None


def by_kind_pytorch(events):
    """Seconds by kind of all events that a torch.profiler recorded with shapes."""
    seconds = defaultdict(float)
    waiting = [event for event in events if event.cpu_parent is None]
    while waiting:
        event = waiting.pop()
        if kind := kind_of_pytorch(event):
            seconds[kind] += event.cpu_time_total * 1e-6
        else:
            seconds[OTHER] += event.self_cpu_time_total * 1e-6
            waiting.extend(event.cpu_children)
    return dict(seconds)
