// The passes of channel_moments and normalize: forward reads x twice and writes y; backward reads x and dy
// twice and writes dx, since dx is linear in dz and (x - mean) once their sums are known.
#include "tern/kernels/batch_norm/batch_norm.hpp"

#include "tern/kernels/channel_moments/channel_moments_cpu.hpp"
#include "tern/kernels/normalize/normalize_cpu.hpp"
#include "tern/kernels/op.hpp"

namespace tern::batch_norm_passes {

void forward_cpu(const Problem& problem, const Stream&) {
    const auto& in = problem.inputs;
    const Tensor &y = problem.outputs[0], &mean = problem.outputs[1], &variance = problem.outputs[2];
    channel_moments_cpu(in[0], mean, variance);
    NormalizeCpu(in[0], mean, variance, in[1], in[2], in[3], problem.params<NormalizeParams>()).forward(y);
}

void backward_cpu(const Problem& problem, const Stream&) {
    const auto &in = problem.inputs, &out = problem.outputs;
    const Tensor &gamma = in[3], &dy = in[6], &dmean = in[7], &dvariance = in[8];
    const NormalizeCpu n(in[0], in[1], in[2], gamma, in[4], in[5], problem.params<NormalizeParams>());
    const NormalizeCpu::Sums sums = n.reduce(dy);
    const auto rows = static_cast<double>(n.rows());
    const NormalizeCpu::Slopes slopes{Tensor::empty(gamma.shape()), Tensor::empty(gamma.shape())};
    for (std::int64_t c = 0; c < gamma.numel(); ++c) {
        const double r = n.inverse_deviation(c), scale = static_cast<double>(gamma.data<float>()[c]) * r;
        const double dgamma = r * sums.dz_centred[c], dbeta = sums.dz[c];
        double centred = -scale * r * dgamma, constant = -scale * dbeta;
        if (dmean) constant += static_cast<double>(dmean.data<float>()[c]);
        if (dvariance) centred += 2 * static_cast<double>(dvariance.data<float>()[c]);
        slopes.centred.data<float>()[c] = static_cast<float>(centred / rows);
        slopes.constant.data<float>()[c] = static_cast<float>(constant / rows);
        out[1].data<float>()[c] = static_cast<float>(dgamma);
        out[2].data<float>()[c] = static_cast<float>(dbeta);
    }
    n.backward_input(dy, slopes, out[0], out[3]);
}

}  // namespace tern::batch_norm_passes
