// The passes of channel_moments and normalize: forward reads x twice and writes y; backward reads x and dy
// twice and writes dx, since dx is linear in dz and (x - mean) once their sums are known. Second passes go
// over the rows backwards, which finds in the L2 cache what the first read last.
#include <cmath>

#include "tern/kernels/batch_norm/batch_norm_passes.hpp"
#include "tern/kernels/channel_moments/channel_moments_passes.hpp"
#include "tern/kernels/normalize/normalize_cuda.cuh"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/shared/channel_rows_cuda.cuh"
#include "tern/kernels/shared/channels.hpp"

namespace tern::batch_norm_passes {
namespace {

// The gradients of gamma and beta, and the slopes of dx; batch_norm_grad.cpp has the formulas. dmean and
// dvariance may be null.
struct MergeBatchNorm {
    const float *variance, *gamma, *dmean, *dvariance;
    double epsilon, rows;
    float *dgamma, *dbeta, *centred, *constant;

    __device__ void add(int, float dz, float dz_centred, double& sum, double& product) const {
        sum += static_cast<double>(dz);
        product += static_cast<double>(dz_centred);
    }
    __device__ void finish(int channel, double sum, double product) const {
        const double r = 1 / std::sqrt(static_cast<double>(variance[channel]) + epsilon);
        const double scale = static_cast<double>(gamma[channel]) * r;
        double slope = -scale * r * r * product, offset = -scale * sum;
        if (dmean != nullptr) offset += static_cast<double>(dmean[channel]);
        if (dvariance != nullptr) slope += 2 * static_cast<double>(dvariance[channel]);
        dgamma[channel] = static_cast<float>(r * product);
        dbeta[channel] = static_cast<float>(sum);
        centred[channel] = static_cast<float>(slope / rows);
        constant[channel] = static_cast<float>(offset / rows);
    }
};

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    run(Cuda{}, channel_moments_passes::Forward{.x = pass.x, .mean = pass.mean, .variance = pass.variance},
        stream);
    run(Cuda{},
        normalize_passes::Forward{.params = pass.params,
                                  .x = pass.x,
                                  .mean = pass.mean,
                                  .variance = pass.variance,
                                  .gamma = pass.gamma,
                                  .beta = pass.beta,
                                  .residual = pass.residual,
                                  .y = pass.y},
        stream);
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    const Tensor &gamma = pass.gamma, &dmean = pass.dmean, &dvariance = pass.dvariance;
    const auto per_channel = [&] { return Tensor::empty(gamma.shape(), DType::float32, gamma.device()); };
    const NormalizeSlopes slopes{per_channel(), per_channel()};
    const auto all = tensors_of(pass);
    const NormalizeGradient gradient(pass, pass.params, all);
    const Tensor partial = TERN_CUDA_FUNCTION(normalize_gradient_sums)(gradient, stream);
    channel_rows_cuda::launch_merge(
        partial,
        MergeBatchNorm{pass.variance.data<float>(), gamma.data<float>(),
                       dmean ? dmean.data<float>() : nullptr, dvariance ? dvariance.data<float>() : nullptr,
                       pass.params.epsilon, static_cast<double>(rows_of(pass.x.shape())),
                       pass.dgamma.data<float>(), pass.dbeta.data<float>(), slopes.centred.data<float>(),
                       slopes.constant.data<float>()},
        stream);
    TERN_CUDA_FUNCTION(normalize_gradient_input)(gradient, slopes, pass.dx, pass.dresidual, stream);
}

}  // namespace tern::batch_norm_passes
