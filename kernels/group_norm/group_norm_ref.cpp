#include <cmath>

#include "tern/kernels/group_norm/group_norm_passes.hpp"
#include "tern/kernels/shared/reference.hpp"

namespace tern::group_norm_passes {
namespace {

// Where the numbers of image n and channel c are: (N, pixels, C).
struct Extents {
    std::int64_t images, pixels, channels, groups;

    explicit Extents(const Tensor& x, std::int64_t group_count)
        : images(x.dim(0)), pixels(1), channels(x.dim(-1)), groups(group_count) {
        for (int i = 1; i + 1 < x.rank(); ++i) pixels *= x.dim(i);
    }
    std::int64_t per_group() const { return channels / groups; }

    // Calls function(index of x, channel) for the numbers of group g of image n.
    template <class F>
    void for_each(std::int64_t n, std::int64_t g, F function) const {
        for (std::int64_t p = 0; p < pixels; ++p) {
            for (std::int64_t c = g * per_group(); c < (g + 1) * per_group(); ++c)
                function((n * pixels + p) * channels + c, c);
        }
    }
};

}  // namespace

// Sums are taken in float64 and rounded once, as in batch_norm_ref.cpp.
void run(Ref, const Forward& pass, const Stream&) {
    visit_floating(pass.x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Extents extents(pass.x, pass.params.groups);
        const auto count = static_cast<double>(extents.pixels * extents.per_group());
        const T* const x = pass.x.data<T>();
        const Real *const gamma = pass.gamma.data<Real>(), *const beta = pass.beta.data<Real>();
        for (std::int64_t n = 0; n < extents.images; ++n) {
            for (std::int64_t g = 0; g < extents.groups; ++g) {
                double sum = 0, squares = 0;
                extents.for_each(n, g, [&](auto i, auto) { sum += static_cast<double>(x[i]); });
                const double centre = sum / count;
                extents.for_each(n, g, [&](auto i, auto) {
                    const double distance = static_cast<double>(x[i]) - centre;
                    squares += distance * distance;
                });
                const Real mean = static_cast<Real>(centre), variance = static_cast<Real>(squares / count);
                pass.mean.data<Real>()[n * extents.groups + g] = mean;
                pass.variance.data<Real>()[n * extents.groups + g] = variance;
                const Real r = 1 / std::sqrt(variance + static_cast<Real>(pass.params.epsilon));
                extents.for_each(n, g, [&](auto i, auto c) {
                    const Real xhat = (static_cast<Real>(x[i]) - mean) * r;
                    pass.y.data<T>()[i] = static_cast<T>(gamma[c] * xhat + beta[c]);
                });
            }
        }
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    visit_floating(pass.x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Extents extents(pass.x, pass.params.groups);
        const auto count = static_cast<double>(extents.pixels * extents.per_group());
        const T *const x = pass.x.data<T>(), *const dy = pass.dy.data<T>();
        const Real* const gamma = pass.gamma.data<Real>();
        std::vector<double> dgamma(static_cast<std::size_t>(extents.channels)), dbeta(dgamma.size());
        for (std::int64_t n = 0; n < extents.images; ++n) {
            for (std::int64_t g = 0; g < extents.groups; ++g) {
                const Real mean = pass.mean.data<Real>()[n * extents.groups + g];
                const Real variance = pass.variance.data<Real>()[n * extents.groups + g];
                const Real r = 1 / std::sqrt(variance + static_cast<Real>(pass.params.epsilon));
                double sum = 0, product = 0;  // of dxhat = gamma dy, and of dxhat xhat
                extents.for_each(n, g, [&](auto i, auto c) {
                    const Real xhat = (static_cast<Real>(x[i]) - mean) * r, slope = static_cast<Real>(dy[i]);
                    sum += gamma[c] * slope;
                    product += gamma[c] * slope * xhat;
                    dgamma[static_cast<std::size_t>(c)] += slope * xhat;
                    dbeta[static_cast<std::size_t>(c)] += slope;
                });
                const auto first = static_cast<Real>(sum / count),
                           second = static_cast<Real>(product / count);
                extents.for_each(n, g, [&](auto i, auto c) {
                    const Real xhat = (static_cast<Real>(x[i]) - mean) * r, slope = static_cast<Real>(dy[i]);
                    pass.dx.data<T>()[i] = static_cast<T>(r * (gamma[c] * slope - first - xhat * second));
                });
            }
        }
        store<Real>(std::vector<Real>(dgamma.begin(), dgamma.end()), pass.dgamma);
        store<Real>(std::vector<Real>(dbeta.begin(), dbeta.end()), pass.dbeta);
    });
}

}  // namespace tern::group_norm_passes
