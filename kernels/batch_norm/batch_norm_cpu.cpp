// The passes of channel_moments and normalize: forward reads x twice and writes y; backward reads x and dy
// twice and writes dx, since dx is linear in dz and (x - mean) once their sums are known.
#include "tern/kernels/batch_norm/batch_norm_passes.hpp"
#include "tern/kernels/channel_moments/channel_moments_cpu.hpp"
#include "tern/kernels/normalize/normalize_cpu.hpp"

namespace tern::batch_norm_passes {

void run(Cpu, const Forward& pass, const Stream&) {
    channel_moments_cpu(pass.x, pass.mean, pass.variance);
    NormalizeCpu(pass).forward(pass.y);
}

void run(Cpu, const Backward& pass, const Stream&) {
    const Tensor &gamma = pass.gamma, &dmean = pass.dmean, &dvariance = pass.dvariance;
    const NormalizeCpu n(pass);
    const NormalizeCpu::Sums sums = n.reduce(pass.dy);
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
        pass.dgamma.data<float>()[c] = static_cast<float>(dgamma);
        pass.dbeta.data<float>()[c] = static_cast<float>(dbeta);
    }
    n.backward_input(pass.dy, slopes, pass.dx, pass.dresidual);
}

}  // namespace tern::batch_norm_passes
