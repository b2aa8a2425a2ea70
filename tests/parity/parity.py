#!/usr/bin/env python3
"""Trains the networks for a few steps in tern and in PyTorch from equal weights over the same samples of
CIFAR-10, and compares losses, gradients, weights and running statistics. Needs torch and numpy.

    parity.py --data DIR                          (some minutes; exit status 1 if anything is too far off)
    parity.py --data DIR --only mini_xception/adam/float64

Bounds, relative to the norm of a tensor or to the loss:
    float64 on the reference loops, batch 8, 4 steps    everything 1e-10 with SGD, 1e-7 with Adam
    float32 as dispatch chooses, batch 64, 5 steps      losses 1e-3 with SGD, 5e-3 with Adam
    gradients of the first step in float32, batch 64    4 times PyTorch's own distance from float64
The gradients in float32 are those of the two networks that tests/golden has them of; --only has the others', which are not held to
the bound on every machine: where no pool follows, PyTorch's two results may be alike, and tern's apart by one ReLU more.
A bias right before a batch norm is left out: its gradient is zero but for rounding. Running means are
compared with the share of that bias taken off. The logits of the first step are compared in tests/golden.
"""

import argparse
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = Path(sys.argv[0]).name
try:
    import numpy as np
    import torch
    from torch.nn import functional as F
except ImportError as error:
    sys.exit(f"{PROGRAM}: {sys.executable} has no {error.name}; pip install torch numpy, or run this with a Python that has them")

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "bench/peers"))
import cifar10  # noqa: E402
import models  # noqa: E402

SAFETENSORS = {"F64": np.float64, "F32": np.float32, "I64": np.int64, "U8": np.uint8}
RATE = {"sgd": 0.01, "adam": 1e-3}
MOMENTUM = 0.9
GRADIENT_BATCH = 64
WITH_GRADIENTS = ("mini_xception", "mini_xception_dense")
RUNS = {  # precision: batch size, steps, flags of tern, bound of losses, bound of weights and statistics
    "float64": (8, 4, ["--kernels", "ref"], {"sgd": 1e-10, "adam": 1e-7}, {"sgd": 1e-10, "adam": 1e-7}),
    "float32": (64, 5, [], {"sgd": 1e-3, "adam": 5e-3}, None),
}


def write_safetensors(path, tensors):
    """https://huggingface.co/docs/safetensors: length of the header, header, elements."""
    kinds = {np.dtype(kind): name for name, kind in SAFETENSORS.items()}
    header, offset = {}, 0
    for name, array in tensors.items():
        end = offset + array.nbytes
        header[name] = {"dtype": kinds[array.dtype], "shape": array.shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array).tobytes())


def read_safetensors(path):
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        begin, end = (start + offset for offset in entry["data_offsets"])
        kind = SAFETENSORS[entry["dtype"]]
        arrays[name] = np.frombuffer(data[begin:end], kind).reshape(entry["shape"])
    return arrays


def initial_weights(name, seed):
    return {key: value.numpy() for key, value in models.build(name, seed).state_dict().items()}


def optimizer_flags(name, optimizer):
    if optimizer == "adam":
        special = ["--epsilon", str(models.ADAM_EPSILON[name])]
    else:
        special = ["--momentum", str(MOMENTUM)]
    return ["--optimizer", optimizer, "--lr", str(RATE[optimizer]), *special]


def run_tern(arguments, name, size, steps, flags, weights, launcher=()):
    """Losses and the final state of a run of the program, which `launcher` starts."""
    with tempfile.TemporaryDirectory() as folder:
        write_safetensors(f"{folder}/init.safetensors", weights)
        run = Path(folder) / "run"
        command = [*launcher, arguments.tern, "train", "--model", name, "--data", arguments.data, "--run", str(run)]
        command += ["--init", f"{folder}/init.safetensors", "--steps", str(steps), "--batch-size", str(size)]
        command += ["--shuffle", "off", "--augment", "none", "--normalize", models.NORMALIZE[name]]
        command += ["--running-statistics", "published"]  # PyTorch's rule
        done = subprocess.run(command + flags + ["--log-steps"], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{done.stderr}{PROGRAM}: tern ended with status {done.returncode}")
        losses = [json.loads(line)["loss"] for line in (run / "steps.jsonl").read_text().splitlines()]
        if len(losses) != steps:
            sys.exit(f"{PROGRAM}: tern wrote {len(losses)} losses, expected {steps}")
        return losses, read_safetensors(run / "last.safetensors")


def batches(data, size, steps):
    """Images and labels of each step, in order; the last batch of the set may be shorter, then it begins anew."""
    images, labels = data
    for begin in itertools.islice(itertools.cycle(range(0, len(labels), size)), steps):
        yield images[begin : begin + size], labels[begin : begin + size]


def pytorch_model(name, optimizer, dtype, weights):
    """A network with these weights, and its optimizer."""
    model = models.build(name)
    model.load_state_dict({key: torch.from_numpy(value) for key, value in weights.items()})
    model.to(dtype)
    if optimizer == "adam":
        return model, torch.optim.Adam(model.parameters(), lr=RATE[optimizer], eps=models.ADAM_EPSILON[name])
    return model, torch.optim.SGD(model.parameters(), lr=RATE[optimizer], momentum=MOMENTUM)


def pytorch_loss(model, name, images, labels):
    pixels = torch.from_numpy(images).to(next(model.parameters()).dtype)
    return F.cross_entropy(model(models.normalize(pixels, models.NORMALIZE[name])), torch.from_numpy(labels))


def run_pytorch(data, name, size, steps, optimizer, dtype, weights):
    """The same in PyTorch."""
    model, stepper = pytorch_model(name, optimizer, dtype, weights)
    losses = []
    for images, labels in batches(data, size, steps):
        loss = pytorch_loss(model, name, images, labels)
        stepper.zero_grad()
        loss.backward()
        stepper.step()
        losses.append(loss.item())
    return losses, {key: value.numpy() for key, value in model.state_dict().items()}


def tern_gradients(arguments, name, weights):
    """Of the first step in float32. A step of SGD at a rate of 2^20 leaves weights of -2^20 times the
    gradient, so that this is exact but for one rounding of relative 2^-24."""
    flags = ["--optimizer", "sgd", "--momentum", "0", "--lr", str(2**20), "--precision", "float32"]
    _, state = run_tern(arguments, name, GRADIENT_BATCH, 1, flags, weights)
    return {key: (weights[key].astype(np.float64) - state[key]) / 2**20 for key in weights}


def pytorch_gradients(data, name, weights, dtype, memory_format=torch.contiguous_format):
    """Of the first step, in `dtype` from inputs and weights that float32 holds."""
    images, labels = data
    model = models.build(name)
    model.load_state_dict({key: torch.from_numpy(value) for key, value in weights.items()})
    model.to(dtype).to(memory_format=memory_format)
    inputs = models.normalize(torch.from_numpy(images[:GRADIENT_BATCH]).float(), models.NORMALIZE[name])
    logits = model(inputs.to(dtype).contiguous(memory_format=memory_format))
    F.cross_entropy(logits, torch.from_numpy(labels[:GRADIENT_BATCH])).backward()
    return {key: value.grad.double().numpy() for key, value in model.named_parameters()}


def biases_before_batch_norm(name):
    """Running mean -> the bias that it contains, and the batch norm's momentum; of convolutions that have one."""
    pairs, last = {}, None
    for key, module in models.build(name).named_modules():
        if isinstance(module, torch.nn.BatchNorm2d) and last:
            pairs[f"{key}.running_mean"] = (f"{last}.bias", module.momentum)
        elif isinstance(module, torch.nn.Conv2d):
            last = key if module.bias is not None else None
    return pairs


def comparable(state, pairs, steps):
    """Without those biases, and with their share taken off the running means."""
    state = dict(state)
    for mean, (bias, momentum) in pairs.items():
        state[mean] = state[mean] - (1 - (1 - momentum) ** steps) * state[bias]
    hidden = {bias for bias, _ in pairs.values()}
    return {key: value for key, value in state.items() if key not in hidden}


def relative_distance(mine, theirs):
    """Infinite where there is a NaN."""
    error = np.linalg.norm(mine.astype(np.float64) - theirs) / max(np.linalg.norm(theirs), 1e-300)
    return float("inf") if np.isnan(error) else float(error)


def loss_distance(mine, theirs):
    """Of the step that is furthest off; a NaN stays one."""
    return np.max(np.abs(np.subtract(mine, theirs) / theirs))


def largest_distance(mine, theirs):
    """(distance, name) of the tensor that is furthest off."""
    if mine.keys() != theirs.keys():
        sys.exit(f"{PROGRAM}: not in both: {', '.join(sorted(mine.keys() ^ theirs.keys()))}")
    return max((relative_distance(mine[key], value), key) for key, value in theirs.items())


def compare_runs(arguments, data, name, optimizer, precision):
    """Prints a row; returns whether all is within the bounds."""
    weights = initial_weights(name, arguments.seed)
    size, steps, flags, loss_bounds, state_bounds = RUNS[precision]
    flags = [*flags, *optimizer_flags(name, optimizer), "--precision", precision]
    losses, state = run_tern(arguments, name, size, steps, flags, weights)
    true_losses, true_state = run_pytorch(data, name, size, steps, optimizer, getattr(torch, precision), weights)
    error = loss_distance(losses, true_losses)
    row, good = f"losses {error:.1e} (bound {loss_bounds[optimizer]:g})", bool(error <= loss_bounds[optimizer])
    if state_bounds:
        pairs = biases_before_batch_norm(name)
        worst, key = largest_distance(comparable(state, pairs, steps), comparable(true_state, pairs, steps))
        row += f", weights and statistics {worst:.1e} (bound {state_bounds[optimizer]:g}; {key})"
        good = good and worst <= state_bounds[optimizer]
    print(f"{name}/{optimizer}/{precision}: {row}: {'ok' if good else 'TOO FAR'}", flush=True)
    return good


def compare_gradients(arguments, data, name):
    """Prints a row; returns whether no tensor is too far from the float64 gradient."""
    weights = initial_weights(name, arguments.seed)
    mine = tern_gradients(arguments, name, weights)
    truth = pytorch_gradients(data, name, weights, torch.float64)
    formats = (torch.contiguous_format, torch.channels_last)
    theirs = [pytorch_gradients(data, name, weights, torch.float32, each) for each in formats]
    hidden = {bias for bias, _ in biases_before_batch_norm(name).values()}
    shares = []
    for key in truth.keys() - hidden:
        distance, *own = (relative_distance(each[key], truth[key]) for each in (mine, *theirs))
        # tests/golden/float32_bounds.hpp has the reasons.
        bound = 4 * (min(own) if min(own) < 1e-6 else max(own)) + 2**-24
        shares.append((distance / bound, distance, own, key))
    share, distance, own, key = max(shares)
    good = bool(share <= 1)
    own = " and ".join(f"{each:.1e}" for each in own)
    row = f"gradients at most {share:.2f} of the bound ({key}: {distance:.1e}, PyTorch's own {own})"
    print(f"{name}/gradients: {row}: {'ok' if good else 'TOO FAR'}", flush=True)
    return good


def check_program(tern):
    if not shutil.which(tern):
        sys.exit(f"{PROGRAM}: no {tern}; cmake --build build/release --target tern makes it, after cmake --preset release")


def main():
    gradients = [f"{m}/gradients" for m in models.MODELS]
    steps = [f"{m}/{o}/{p}" for p in RUNS for m in models.MODELS for o in RATE]
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument("--data", required=True, help="CIFAR-10's binary folder")
    parser.add_argument("--tern", default=str(ROOT / "build/release/bin/tern"), help="default: %(default)s")
    parser.add_argument("--only", action="append", choices=gradients + steps, metavar="RUN", help=", ".join(gradients + steps))
    parser.add_argument("--seed", type=int, default=0, help="of the initial weights")
    arguments = parser.parse_args()
    check_program(arguments.tern)
    data = cifar10.read_or_exit(arguments.data, cifar10.TRAIN[:1])
    good = []
    for run in arguments.only or [f"{m}/gradients" for m in WITH_GRADIENTS] + steps:
        name, *how = run.split("/")
        if how == ["gradients"]:
            good.append(compare_gradients(arguments, data, name))
        else:
            good.append(compare_runs(arguments, data, name, *how))
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
