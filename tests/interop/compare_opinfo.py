#!/usr/bin/env python3
"""tern beside PyTorch on the inputs that PyTorch tests itself with (OpInfo), forward and backward.

usage: compare_opinfo.py RUN_OPERATIONS [OPERATION ...]

RUN_OPERATIONS is the program tern-run-operations. Needs torch, safetensors and what torch.testing needs (expecttest).

What is compared with is PyTorch in float64 on the same numbers. A result may differ by 4 sqrt(N) times what roundings
of the inputs alone change it by, N being the elements of the largest tensor, which no sum has more terms than: the
largest change over 4 inputs that are off by an eps each, in either direction, and one eps of the element itself. For
gradients also an eps of the largest one that flows back: that of sigmoid, s (1 - s), starts from a rounded s.
"""

import collections
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import torch
    from safetensors.torch import load_file, safe_open, save_file
    from torch.testing._internal.common_methods_invocations import op_db
except ImportError as error:
    sys.exit(f"{sys.executable} has no {error.name} (pip install torch numpy safetensors expecttest)")
from opinfo_calls import CALLS, Unsupported

TRIALS = 4


def tensors_in(value):
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [tensor for part in value for tensor in tensors_in(part)]
    return []


def mapped(value, change):
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(part, change) for part in value)
    return value


class Case:
    """A sample as a call of tern, and PyTorch's results for it."""

    def __init__(self, op, sample, dtype):
        self.op, self.sample, self.dtype = op, sample, dtype
        self.call = self.call_on(lambda tensor: tensor.detach())[1]
        # what PyTorch cannot do with the sample is an error here
        outputs = self.outputs_of(*self.call_on(lambda tensor: tensor.detach()))
        self.differentiable = op.supports_autograd and outputs[0].is_floating_point() and outputs[0].numel() > 0
        generator = torch.Generator().manual_seed(0)
        self.grad = torch.randn(outputs[0].shape, generator=generator, dtype=dtype) if self.differentiable else None

    def call_on(self, change):
        """PyTorch's arguments, changed, and the call of tern that they make."""
        sample = self.sample
        arguments = [mapped(part, change) for part in (sample.input, *sample.args)]
        named = {key: mapped(part, change) for key, part in sample.kwargs.items()}
        return (arguments, named), CALLS[self.op.name](*arguments, **named)

    def outputs_of(self, arguments, call):
        result = call.result(self.op.op(*arguments[0], **arguments[1]))
        return list(result) if isinstance(result, tuple) else [result]

    def results(self, change):
        """Outputs and gradients of the call's inputs, of changed arguments."""
        def leaf(tensor):
            tensor = change(tensor.detach())
            return tensor.requires_grad_() if self.differentiable and tensor.is_floating_point() else tensor

        arguments, call = self.call_on(leaf)
        outputs = self.outputs_of(arguments, call)
        grads = []
        if self.differentiable:
            wanted = [tensor for tensor in call.inputs if tensor.requires_grad]
            grads = torch.autograd.grad(outputs[0], wanted, change(self.grad), allow_unused=True)
        return [output.detach() for output in outputs], list(grads)

    def expected(self):
        """Results in float64, and for each the difference that is allowed."""
        eps = torch.finfo(self.dtype).eps
        generator = torch.Generator().manual_seed(1)

        def exact(tensor):
            return tensor.double() if tensor.is_floating_point() else tensor

        def rounded(tensor):
            if not tensor.is_floating_point():
                return tensor
            signs = torch.randint(0, 2, tensor.shape, generator=generator).double() * 2 - 1
            return tensor.double() * (1 + eps * signs)

        def flat(results):
            return [*results[0], *results[1]]

        outputs, gradients = self.results(exact)
        results, gradients = [*outputs, *gradients], len(gradients)
        changed = [flat(self.results(rounded)) for _ in range(TRIALS)]
        terms = max(tensor.numel() for tensor in [*self.call.inputs, *filter(lambda t: t is not None, results)])
        rounding_of_result = eps * finite(self.grad).abs().max().item() if self.differentiable else 0
        bounds = []
        for i, result in enumerate(results):
            if result is None or not result.is_floating_point():
                bounds.append(None)
                continue
            largest = max((finite(other[i] - result).abs().max().item() for other in changed if result.numel()),
                          default=0)
            if i >= len(results) - gradients:
                largest += rounding_of_result
            bounds.append(4 * math.sqrt(max(terms, 1)) * (largest + eps * finite(result).abs()))
        return results, bounds


def finite(tensor):
    return torch.where(torch.isfinite(tensor), tensor, torch.zeros_like(tensor))


def difference(mine, theirs, bound):
    """What is wrong with tern's result; none if nothing."""
    if mine is None or theirs is None:
        return None if theirs is None or not theirs.any() else "no result"
    if mine.shape != theirs.shape:
        return f"shape {tuple(mine.shape)}, expected {tuple(theirs.shape)}"
    if bound is None:
        wrong = mine != theirs.to(mine.dtype)
    else:
        mine = mine.double()
        same = (mine == theirs) | (mine.isnan() & theirs.isnan())
        wrong = ~(same | ((mine - theirs).abs() <= bound))
    if not wrong.any():
        return None
    at = tuple(wrong.nonzero()[0].tolist())
    return f"{mine[at].item()!r} at {at}, expected {theirs[at].item()!r}" + (
        "" if bound is None else f" within {bound[at].item():.1e}")


def run(program, cases):
    tensors, metadata = {}, {}
    for id, case in enumerate(cases):
        call = case.call
        for i, tensor in enumerate(call.inputs):
            tensors[f"{id}.input.{i}"] = tensor.detach().clone().contiguous()
        if case.differentiable:
            tensors[f"{id}.grad"] = case.grad.contiguous()
        metadata[str(id)] = json.dumps({"operation": call.operation, "inputs": len(call.inputs),
                                        "params": call.params, "gradients": case.differentiable})
    with tempfile.TemporaryDirectory() as folder:
        there, back = Path(folder, "in.safetensors"), Path(folder, "out.safetensors")
        save_file(tensors, there, metadata)
        subprocess.run([program, there, back], check=True)
        with safe_open(back, "pt") as file:
            return load_file(back), file.metadata() or {}


def compare(program, op, dtype):
    counts, lines = collections.Counter(), []
    cases, why_not = [], collections.Counter()
    for sample in op.sample_inputs("cpu", dtype, requires_grad=False):
        try:
            cases.append(Case(op, sample, dtype))
        except Unsupported as reason:
            why_not[str(reason)] += 1
    results, errors = run(program, cases) if cases else ({}, {})
    for id, case in enumerate(cases):
        expected, bounds = case.expected()
        outputs = len(expected) - sum(case.differentiable and x.is_floating_point() for x in case.call.inputs)
        names = [f"{id}.output.{i}" for i in range(outputs)]
        names += [f"{id}.gradient.{i}" for i, x in enumerate(case.call.inputs)
                  if case.differentiable and x.is_floating_point()]
        wrong = [f"{name.split('.', 1)[1]}: {text}" for name, theirs, bound in zip(names, expected, bounds)
                 if (text := difference(results.get(name), theirs, bound))]
        if str(id) in errors:
            wrong = [errors[str(id)]]
        counts["different" if wrong else "equal"] += 1
        if wrong:
            shapes = [tuple(x.shape) for x in case.call.inputs]
            lines.append(f"    {case.call.operation} {shapes} {case.call.params}: {wrong[0]}")
    return counts, why_not, lines


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: compare_opinfo.py RUN_OPERATIONS [OPERATION ...]")
    program, wanted = sys.argv[1], sys.argv[2:]
    totals = collections.Counter()
    print(f"torch {torch.__version__}")
    print(f"{'operation':48} {'type':8} samples  equal  different  not in tern")
    for op in sorted(op_db, key=lambda op: (op.name, op.variant_test_name)):
        name = op.name + (f".{op.variant_test_name}" if op.variant_test_name else "")
        if op.name not in CALLS or (wanted and op.name not in wanted):
            continue
        for dtype in (torch.float32, torch.float64):
            torch.manual_seed(0)
            counts, why_not, lines = compare(program, op, dtype)
            reasons = ", ".join(f"{count} {reason}" for reason, count in why_not.items())
            total = counts.total() + why_not.total()
            print(f"{name:48} {str(dtype)[6:]:8} {total:7} {counts['equal']:6} {counts['different']:10}  {reasons}",
                  *lines, sep="\n", flush=True)
            totals.update(counts, samples=total)
    print(f"{totals['samples']} samples, {totals['equal']} equal, {totals['different']} different, "
          f"{totals['samples'] - totals['equal'] - totals['different']} not in tern")
    sys.exit(1 if totals["different"] or not totals["equal"] else 0)


if __name__ == "__main__":
    main()
