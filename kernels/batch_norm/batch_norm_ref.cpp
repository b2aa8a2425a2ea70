#include "tern/kernels/batch_norm/batch_norm.hpp"

#include "tern/kernels/normalize/normalize_ref.hpp"
#include "tern/kernels/op.hpp"

namespace tern::batch_norm_passes {

// Sums over rows are taken in float64 and rounded once, as in channel_moments_ref.cpp.
void forward_ref(const Problem& problem, const Stream&) {
    const auto& in = problem.inputs;
    const Tensor &y = problem.outputs[0], &mean = problem.outputs[1], &variance = problem.outputs[2];
    visit_floating(y.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const std::vector<Real> x = widened<T>(in[0]);
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
        const ref::Normalization<T> n(in[0], mean, variance, in[1], in[2], in[3],
                                      problem.params<NormalizeParams>());
        for (std::size_t i = 0; i < x.size(); ++i) y.data<T>()[i] = static_cast<T>(n.output(i));
    });
}

void backward_ref(const Problem& problem, const Stream&) {
    const auto &in = problem.inputs, &out = problem.outputs;
    visit_floating(in[0].dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const ref::Normalization<T> n(in[0], in[1], in[2], in[3], in[4], in[5],
                                      problem.params<NormalizeParams>());
        const std::vector<Real> dy = widened<T>(in[6]);
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
        store<Real>(dgamma, out[1]);
        store<Real>(dbeta, out[2]);
        for (std::size_t i = 0; i < dy.size(); ++i) {
            const std::size_t c = n.channel(i);
            const Real dz = n.gradient(i, dy[i]), xhat = n.distance(i) * n.inverse_deviation[c];
            Real sum = n.gamma[c] * n.inverse_deviation[c] * (dz - dbeta[c] / rows - xhat * dgamma[c] / rows);
            if (in[7]) sum += in[7].data<Real>()[c] / rows;
            if (in[8]) sum += 2 * n.distance(i) * in[8].data<Real>()[c] / rows;
            out[0].data<T>()[i] = static_cast<T>(sum);
            if (out[3]) out[3].data<T>()[i] = static_cast<T>(dz);
        }
    });
}

}  // namespace tern::batch_norm_passes
