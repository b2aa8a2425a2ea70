// The backward pass of a normalisation over memory on CUDA, for normalize, batch_norm and separable_conv2d.
#pragma once

#include <cmath>

#include "tern/kernels/normalize/normalize.hpp"
#include "tern/kernels/shared/merge_cuda.cuh"
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

/// For channel_rows_cuda::MergePairs: the gradients of normalize's vectors, (C), from sums of dz and of dz (x - mean);
/// normalize_grad.cpp has the formulas.
struct MergeNormalizeGradients {
    const float *variance, *gamma;
    double epsilon;
    float *dgamma, *dbeta;
    float *dmean, *dvariance;  // null where mean and variance are of x itself, whose slopes it then sets

    /// What a batch norm's dx takes from both; batch_norm_grad.cpp has the formulas.
    struct Slopes {
        const float *dmean, *dvariance;  // of who else reads mean and variance; may be null
        double rows;
        float *centred, *constant;
    } slopes;

    __device__ static void add(int, float dz, float dz_centred, cuda::SumPair& sums) {
        sums.add(dz, dz_centred);
    }
    __device__ void finish(int channel, double sum, double product) const {
        finish_sum(channel, sum);
        finish_product(channel, product);
    }
    /// Of dz.
    __device__ void finish_sum(int channel, double sum) const {
        const double of_mean = -static_cast<double>(gamma[channel]) * inverse_deviation(channel) * sum;
        dbeta[channel] = static_cast<float>(sum);
        if (dmean != nullptr) dmean[channel] = static_cast<float>(of_mean);
        if (slopes.constant != nullptr)
            slopes.constant[channel] =
                static_cast<float>((of_mean + value_or_0(slopes.dmean, channel)) / slopes.rows);
    }
    /// Of dz (x - mean).
    __device__ void finish_product(int channel, double product) const {
        const double r = inverse_deviation(channel), scale = static_cast<double>(gamma[channel]) * r;
        const double of_variance = -0.5 * scale * r * r * product;
        dgamma[channel] = static_cast<float>(r * product);
        if (dvariance != nullptr) dvariance[channel] = static_cast<float>(of_variance);
        if (slopes.centred != nullptr)
            slopes.centred[channel] =
                static_cast<float>(2 * (of_variance + value_or_0(slopes.dvariance, channel)) / slopes.rows);
    }

  private:
    __device__ double inverse_deviation(int channel) const {
        return 1 / std::sqrt(static_cast<double>(variance[channel]) + epsilon);
    }
    static __device__ double value_or_0(const float* values, int channel) {
        return values == nullptr ? 0.0 : static_cast<double>(values[channel]);
    }
};

/// Of a pass that has mean and variance as inputs, and gradients of all vectors.
template <class Pass>
MergeNormalizeGradients merge_gradients_of(const Pass& pass, double epsilon) {
    return {.variance = pass.variance.template data<float>(),
            .gamma = pass.gamma.template data<float>(),
            .epsilon = epsilon,
            .dgamma = pass.dgamma.template data<float>(),
            .dbeta = pass.dbeta.template data<float>(),
            .dmean = pass.dmean.template data<float>(),
            .dvariance = pass.dvariance.template data<float>(),
            .slopes = {}};
}

/// Of dx, (C) float32; undefined: 0.
struct NormalizeSlopes {
    Tensor centred, constant;
};

/// Sums of dz = dy activation'(z) and of dz (x - mean), and what `merge` makes of them.
void TERN_CUDA_FUNCTION(normalize_gradient_sums)(const NormalizeGradient& of,
                                                 const MergeNormalizeGradients& merge, const Stream& stream);

/// dx = scale dz + slopes.centred (x - mean) + slopes.constant with scale = gamma / sqrt(variance + epsilon),
/// and dresidual = dz where it is defined.
void TERN_CUDA_FUNCTION(normalize_gradient_input)(const NormalizeGradient& of, const NormalizeSlopes& slopes,
                                                  const Tensor& dx, const Tensor& dresidual,
                                                  const Stream& stream);

}  // namespace tern
