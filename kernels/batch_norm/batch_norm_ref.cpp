#include "tern/kernels/batch_norm/batch_norm_passes.hpp"
#include "tern/kernels/normalize/normalize_ref.hpp"

namespace tern::batch_norm_passes {

// Sums over rows are taken in float64 and rounded once, as in channel_moments_ref.cpp.
void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &y = pass.y, &mean = pass.mean, &variance = pass.variance;
    visit_floating(y.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const std::vector<Real> x = upcast<T>(pass.x);
        const auto channels = static_cast<std::size_t>(mean.numel());
        for (std::size_t c = 0; c < channels; ++c) {
            const auto rows = static_cast<double>(x.size() / channels);
            double sum = 0, squares = 0;
            for (std::size_t i = c; i < x.size(); i += channels) sum += x[i];
            const double centre = sum / rows;
            for (std::size_t i = c; i < x.size(); i += channels) squares += (x[i] - centre) * (x[i] - centre);
            mean.data<Real>()[c] = static_cast<Real>(centre);
            variance.data<Real>()[c] = static_cast<Real>(squares / rows);
        }
        const ref::Normalization<T> n(pass);
        for (std::size_t i = 0; i < x.size(); ++i) y.data<T>()[i] = static_cast<T>(n.output(i));
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    visit_floating(pass.x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const ref::Normalization<T> n(pass);
        const std::vector<Real> dy = upcast<T>(pass.dy);
        const Real rows = static_cast<Real>(dy.size() / std::max<std::size_t>(n.mean.size(), 1));
        std::vector<double> gamma_sums(n.mean.size()), beta_sums(n.mean.size());
        for (std::size_t i = 0; i < dy.size(); ++i) {
            const std::size_t c = n.channel(i);
            const Real dz = n.gradient(i, dy[i]);
            gamma_sums[c] += dz * n.distance(i) * n.inverse_deviation[c];
            beta_sums[c] += dz;
        }
        const std::vector<Real> dgamma(gamma_sums.begin(), gamma_sums.end());
        const std::vector<Real> dbeta(beta_sums.begin(), beta_sums.end());
        store<Real>(dgamma, pass.dgamma);
        store<Real>(dbeta, pass.dbeta);
        for (std::size_t i = 0; i < dy.size(); ++i) {
            const std::size_t c = n.channel(i);
            const Real dz = n.gradient(i, dy[i]), xhat = n.distance(i) * n.inverse_deviation[c];
            Real sum = n.gamma[c] * n.inverse_deviation[c] * (dz - dbeta[c] / rows - xhat * dgamma[c] / rows);
            if (pass.dmean) sum += pass.dmean.data<Real>()[c] / rows;
            if (pass.dvariance) sum += 2 * n.distance(i) * pass.dvariance.data<Real>()[c] / rows;
            pass.dx.data<T>()[i] = static_cast<T>(sum);
            if (pass.dresidual) pass.dresidual.data<T>()[i] = static_cast<T>(dz);
        }
    });
}

}  // namespace tern::batch_norm_passes
