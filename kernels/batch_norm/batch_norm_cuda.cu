// The passes of channel_moments and normalize: forward reads x twice and writes y; backward reads x and dy
// twice and writes dx, since dx is linear in dz and (x - mean) once their sums are known. Second passes go
// over the rows backwards, which finds in the L2 cache what the first read last.
#include "tern/kernels/batch_norm/batch_norm.hpp"

#include <cmath>

#include "tern/kernels/channel_moments/channel_moments.hpp"
#include "tern/kernels/channel_moments/channel_moments_cuda.cuh"
#include "tern/kernels/channel_rows_cuda.cuh"
#include "tern/kernels/channels.hpp"
#include "tern/kernels/normalize/normalize_cuda.cuh"

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

void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream) {
    static const Pass& moments = channel_moments_op().pass("forward");
    static const Pass& normalization = normalize_op().pass("forward");
    const auto &in = problem.inputs, &out = problem.outputs;
    const NoParams none;
    const Tensors x{in[0]}, mean_and_variance{out[1], out[2]};
    channel_moments_passes::TERN_CUDA_PASS(forward)({moments, ParamsRef(none), x, mean_and_variance}, stream);
    const Tensors inputs{in[0], out[1], out[2], in[1], in[2], in[3]}, y{out[0]};
    normalize_passes::TERN_CUDA_PASS(forward)({normalization, problem.params_ref, inputs, y}, stream);
}

void TERN_CUDA_PASS(backward)(const Problem& problem, const Stream& stream) {
    const auto &in = problem.inputs, &out = problem.outputs;
    const Tensor &variance = in[2], &gamma = in[3], &dmean = in[7], &dvariance = in[8];
    const auto per_channel = [&] { return Tensor::empty(gamma.shape(), DType::float32, gamma.device()); };
    const TERN_CUDA_PASS(NormalizeBackward)::Slopes slopes{per_channel(), per_channel()};
    const Tensor partial = TERN_CUDA_PASS(NormalizeBackward)::sums(problem, stream);
    channel_rows_cuda::launch_merge(
        partial,
        MergeBatchNorm{variance.data<float>(), gamma.data<float>(), dmean ? dmean.data<float>() : nullptr,
                       dvariance ? dvariance.data<float>() : nullptr,
                       problem.params<NormalizeParams>().epsilon, static_cast<double>(rows_of(in[0].shape())),
                       out[1].data<float>(), out[2].data<float>(), slopes.centred.data<float>(),
                       slopes.constant.data<float>()},
        stream);
    TERN_CUDA_PASS(NormalizeBackward)::input(problem, slopes, out[0], out[3], stream);
}

bool TERN_CUDA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    return accepts_cuda_floating(problem, why_not);
}

}  // namespace tern::batch_norm_passes
