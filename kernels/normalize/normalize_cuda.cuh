// The backward pass of a normalisation over memory on CUDA, for normalize, batch_norm and separable_conv2d.
#pragma once

#include "tern/kernels/normalize/normalize.hpp"
#include "tern/kernels/shared/visit_cuda.cuh"

namespace tern {

/// What the parts of the backward pass read.
struct NormalizeGradient {
    const NormalizeParams& params;
    const Tensor &x, &mean, &variance, &gamma, &beta, &residual, &dy;
    TensorRefs all;  // the tensors of the pass that this is a part of

    /// Of a pass with these tensors and NormalizeParams.
    template <class Pass>
    NormalizeGradient(const Pass& pass, const NormalizeParams& of, TensorRefs all_tensors)
        : params(of),
          x(pass.x),
          mean(pass.mean),
          variance(pass.variance),
          gamma(pass.gamma),
          beta(pass.beta),
          residual(pass.residual),
          dy(pass.dy),
          all(all_tensors) {}
};

/// Of dx, (C) float32; undefined: 0.
struct NormalizeSlopes {
    Tensor centred, constant;
};

/// Sums per block of rows, (blocks, 2, C) float32: of dz = dy activation'(z), then of dz (x - mean).
Tensor TERN_CUDA_FUNCTION(normalize_gradient_sums)(const NormalizeGradient& of, const Stream& stream);

/// dx = scale dz + slopes.centred (x - mean) + slopes.constant with scale = gamma / sqrt(variance + epsilon),
/// and dresidual = dz where it is defined.
void TERN_CUDA_FUNCTION(normalize_gradient_input)(const NormalizeGradient& of, const NormalizeSlopes& slopes,
                                                  const Tensor& dx, const Tensor& dresidual,
                                                  const Stream& stream);

}  // namespace tern
