// The backward pass of a normalisation over memory on CUDA, for normalize, batch_norm and separable_conv2d.
#pragma once

#include <cmath>

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

/// For channel_rows_cuda::launch_merge(): the gradients of normalize's vectors, (C), from sums of dz and of dz (x - mean);
/// normalize_grad.cpp has the formulas.
struct MergeNormalizeGradients {
    const float *variance, *gamma;
    double epsilon;
    float *dgamma, *dbeta, *dmean, *dvariance;

    __device__ void add(int, float dz, float dz_centred, double& sum, double& product) const {
        sum += static_cast<double>(dz);
        product += static_cast<double>(dz_centred);
    }
    /// Of one channel.
    __device__ void finish(int channel, double sum, double product) const {
        const double r = 1 / std::sqrt(static_cast<double>(variance[channel]) + epsilon);
        const double scale = static_cast<double>(gamma[channel]) * r;
        dgamma[channel] = static_cast<float>(r * product);
        dbeta[channel] = static_cast<float>(sum);
        dmean[channel] = static_cast<float>(-scale * sum);
        dvariance[channel] = static_cast<float>(-0.5 * scale * r * r * product);
    }
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
