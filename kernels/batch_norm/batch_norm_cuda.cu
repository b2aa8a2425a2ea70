// The passes of channel_moments and normalize: forward reads x twice and writes y; backward reads x and dy
// twice and writes dx, since dx is linear in dz and (x - mean) once their sums are known. Second passes go
// over the rows backwards, which finds in the L2 cache what the first read last.
#include "tern/kernels/batch_norm/batch_norm_passes.hpp"
#include "tern/kernels/channel_moments/channel_moments_passes.hpp"
#include "tern/kernels/normalize/normalize_cuda.cuh"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern::batch_norm_passes {

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
    TERN_CUDA_FUNCTION(normalize_gradient_sums)
    (gradient,
     {.variance = pass.variance.data<float>(),
      .gamma = gamma.data<float>(),
      .epsilon = pass.params.epsilon,
      .dgamma = pass.dgamma.data<float>(),
      .dbeta = pass.dbeta.data<float>(),
      .dmean = nullptr,
      .dvariance = nullptr,
      .slopes = {.dmean = dmean ? dmean.data<float>() : nullptr,
                 .dvariance = dvariance ? dvariance.data<float>() : nullptr,
                 .rows = static_cast<double>(rows_of(pass.x.shape())),
                 .centred = slopes.centred.data<float>(),
                 .constant = slopes.constant.data<float>()}},
     stream);
    TERN_CUDA_FUNCTION(normalize_gradient_input)(gradient, slopes, pass.dx, pass.dresidual, stream);
}

}  // namespace tern::batch_norm_passes
