#!/usr/bin/env python3
"""Mistakes in a pass do not compile, and the compiler says where.

usage: passes_compile_test.py COMPILER INCLUDE_FOLDER...
"""

import subprocess
import sys

FRAME = """
#include "tern/kernels/batch_norm/batch_norm_passes.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"
using namespace tern;
void call(const SoftmaxParams& params, const NormalizeParams& others, const Tensor& a, const Tensor& b, const Stream& stream) {
    (void)others, (void)stream;
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
]


def main():
    compiler, *folders = sys.argv[1:]
    failed = []
    for line, expected in ROWS:
        done = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", *(f"-I{folder}" for folder in folders), "-x", "c++", "-"],
                              input=FRAME % line, capture_output=True, text=True)
        errors = " ".join(text for text in done.stderr.splitlines() if "error:" in text)
        if (done.returncode == 0) != (expected == "") or expected not in errors:
            failed.append(f"{line}\nstatus {done.returncode}, expected '{expected}' in:\n{done.stderr}")
    print("\n".join(failed) or f"{len(ROWS)} rows are as they should be")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
