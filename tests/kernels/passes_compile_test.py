#!/usr/bin/env python3
"""Mistakes in a pass, or in a case of one, do not compile, and the compiler says where.

usage: passes_compile_test.py COMPILER INCLUDE_FOLDER...
"""

import subprocess
import sys

FRAME = """
#include "tern/kernels/batch_norm/batch_norm_passes.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/channel_moments/channel_moments_passes.hpp"
#include "tern/kernels/concat/concat_passes.hpp"
#include "tern/kernels/linear/linear_passes.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"
using namespace tern;
using cases::case_of;
const cases::TensorSpec x{{2, 3}};
const cases::Bound bound;
const ConcatParams along{1, {3, 4}};
void call(const SoftmaxParams& params, const NormalizeParams& others, const Tensor& a, const Tensor& b, const Stream& stream) {
    (void)params, (void)others, (void)a, (void)b, (void)stream;
    %s
}
"""
# What is written; what the compiler's error has ("" where there is none).
ROWS = [
    ("run_pass(softmax_passes::Forward{.params = params, .x = a, .y = b});", ""),
    ("run(Cpu{}, softmax_passes::Forward{.params = params, .x = a, .y = b}, stream);", ""),
    # optional tensors may be left out
    ("run_pass(batch_norm_passes::Forward{.params = others, .x = a, .gamma = b, .beta = b, .y = a, .mean = b, .variance = b});", ""),
    # a misspelt tensor
    ("run_pass(softmax_passes::Forward{.params = params, .xx = a, .y = b});", "xx"),
    # a missing input, a missing output, missing parameters
    ("run_pass(softmax_passes::Forward{.params = params, .y = b});", "x"),
    ("run_pass(softmax_passes::Forward{.params = params, .x = a});", "y"),
    ("run_pass(softmax_passes::Forward{.x = a, .y = b});", "params"),
    # a tensor of another pass
    ("run_pass(softmax_passes::Forward{.params = params, .x = a, .y = b, .dy = b});", "dy"),
    # another pass
    ("const softmax_passes::Forward pass{.params = params, .x = a, .y = b}; const softmax_passes::Backward& other = pass; (void)other;", "Backward"),
    ("run_pass(params);", "run_pass"),
    # other parameters
    ("run_pass(softmax_passes::Forward{.params = others, .x = a, .y = b});", "NormalizeParams"),
    # an implementation that is none
    ("run(params, softmax_passes::Forward{.params = params, .x = a, .y = b}, stream);", "run"),
    # cases: with parameters, without, of a list of tensors
    ('case_of<softmax_passes::Forward>("", params, {.x = x}, {.y = x}, {.y = bound});', ""),
    ('case_of<linear_passes::Forward>("", {.x = x, .w = x, .bias = x}, {.y = x}, {.y = bound}, {.benchmark = true});', ""),
    ('case_of<concat_passes::Backward>("", along, {.dy = x}, {.dx = {x, x}}, {.dx = {bound, bound}});', ""),
    # a misspelt tensor, one of another pass, a bound of no output
    ('case_of<softmax_passes::Forward>("", params, {.xx = x}, {.y = x}, {.y = bound});', "case_of"),
    ('case_of<softmax_passes::Forward>("", params, {.x = x, .dy = x}, {.y = x}, {.y = bound});', "case_of"),
    ('case_of<softmax_passes::Forward>("", params, {.x = x}, {.y = x}, {.x = bound});', "case_of"),
    # other parameters, none, some where there are none
    ('case_of<softmax_passes::Forward>("", others, {.x = x}, {.y = x}, {.y = bound});', "case_of"),
    ('case_of<softmax_passes::Forward>("", {.x = x}, {.y = x}, {.y = bound});', "case_of"),
    ('case_of<linear_passes::Forward>("", params, {.x = x, .w = x, .bias = x}, {.y = x}, {.y = bound});', "case_of"),
    # a missing tensor, also an optional one, and a missing bound: a warning, which builds make an error
    ('case_of<linear_passes::Forward>("", {.x = x, .bias = x}, {.y = x}, {.y = bound});', "InputsAs<tern::cases::TensorSpec>::w"),
    ('case_of<linear_passes::Forward>("", {.x = x, .w = x}, {.y = x}, {.y = bound});', "InputsAs<tern::cases::TensorSpec>::bias"),
    ('case_of<channel_moments_passes::Forward>("", {.x = x}, {.mean = x, .variance = x}, {.mean = bound});',
     "OutputsAs<tern::cases::Bound>::variance"),
]


def main():
    compiler, *folders = sys.argv[1:]
    failed = []
    for line, expected in ROWS:
        done = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-Werror=missing-field-initializers",
                               *(f"-I{folder}" for folder in folders), "-x", "c++", "-"],
                              input=FRAME % line, capture_output=True, text=True)
        errors = " ".join(text for text in done.stderr.splitlines() if "error:" in text)
        if (done.returncode == 0) != (expected == "") or expected not in errors:
            failed.append(f"{line}\nstatus {done.returncode}, expected '{expected}' in:\n{done.stderr}")
    print("\n".join(failed) or f"{len(ROWS)} rows are as they should be")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
