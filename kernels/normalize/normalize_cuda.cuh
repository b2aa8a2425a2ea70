// The passes of a normalisation over memory on CUDA, for normalize and batch_norm.
#pragma once

#include "tern/kernels/normalize/normalize.hpp"
#include "tern/kernels/op.hpp"
#include "tern/kernels/visit_cuda.cuh"

namespace tern::normalize_passes {

/// The operation's passes.
void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream);
void TERN_CUDA_PASS(backward_reduce)(const Problem& problem, const Stream& stream);
void TERN_CUDA_PASS(backward_input)(const Problem& problem, const Stream& stream);

}  // namespace tern::normalize_passes

namespace tern {

/// The backward pass in parts. The inputs of the problem begin with x, mean, variance, gamma, beta, residual
/// and dy.
struct TERN_CUDA_PASS(NormalizeBackward) {
    /// Sums per block of rows, (blocks, 2, C) float32: of dz = dy activation'(z), then of dz (x - mean).
    static Tensor sums(const Problem& problem, const Stream& stream);

    struct Slopes {  // of dx, (C) float32; undefined: 0
        Tensor centred, constant;
    };
    /// dx = scale dz + slopes.centred (x - mean) + slopes.constant with scale = gamma / sqrt(variance +
    /// epsilon), and dresidual = dz where it is defined.
    static void input(const Problem& problem, const Slopes& slopes, const Tensor& dx, const Tensor& dresidual,
                      const Stream& stream);
};

}  // namespace tern
