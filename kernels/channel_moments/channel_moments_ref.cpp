#include "tern/kernels/channel_moments/channel_moments_passes.hpp"
#include "tern/kernels/shared/reference.hpp"

namespace tern::channel_moments_passes {

// Sums over rows are taken in float64 and rounded once: 65,536 rows (a batch of 64) one after the other in
// float32 are off by 1e-5, where the numbers summed are off by 1e-7.
void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &mean = pass.mean, &variance = pass.variance;
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const std::vector<Real> values = upcast<T>(x);
        const auto channels = static_cast<std::size_t>(x.dim(-1));
        for (std::size_t c = 0; c < channels; ++c) {
            const auto rows = static_cast<double>(values.size() / channels);
            double sum = 0, squares = 0;
            for (std::size_t i = c; i < values.size(); i += channels) sum += values[i];
            const double centre = sum / rows;
            for (std::size_t i = c; i < values.size(); i += channels)
                squares += (values[i] - centre) * (values[i] - centre);
            mean.data<Real>()[c] = static_cast<Real>(centre);
            variance.data<Real>()[c] = static_cast<Real>(squares / rows);
        }
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor &x = pass.x, &mean = pass.mean, &dx = pass.dx;
    const Tensor &dmean = pass.dmean, &dvariance = pass.dvariance;
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const std::int64_t channels = x.dim(-1);
        for (std::int64_t i = 0; i < x.numel(); ++i) {
            const std::int64_t c = i % channels;
            const Real rows = static_cast<Real>(x.numel() / channels);
            Real sum = 0;
            if (dmean) sum += dmean.data<Real>()[c] / rows;
            if (dvariance) {
                const Real distance = static_cast<Real>(x.data<T>()[i]) - mean.data<Real>()[c];
                sum += 2 * distance * dvariance.data<Real>()[c] / rows;
            }
            dx.data<T>()[i] = static_cast<T>(sum);
        }
    });
}

}  // namespace tern::channel_moments_passes
