#include <limits>

#include "tern/kernels/max_pool2d/max_pool2d_ref.hpp"
#include "tern/kernels/normalize/normalize_ref.hpp"
#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d_passes.hpp"

namespace tern::normalize_max_pool2d_passes {
namespace {

// The normalisation and what it makes of the input.
template <class T>
struct Normalized {
    using Real = Compute<T>;

    ref::Normalization<T> norm;
    std::vector<Real> a;

    template <class Pass>
    explicit Normalized(const Pass& pass)
        : norm(pass.x, pass.mean, pass.variance, pass.gamma, pass.beta, kNoTensor, pass.params.normalize) {
        for (std::size_t i = 0; i < norm.x.size(); ++i) a.push_back(norm.output(i));
    }
};

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Normalized<T> normalized(pass);
        const Real* const a = normalized.a.data();
        max_pool2d_passes::for_each_largest(
            a, x.shape(), y.shape(), pass.params.window, [&](std::int64_t output, std::int64_t pixel) {
                y.data<T>()[output] =
                    static_cast<T>(pixel < 0 ? -std::numeric_limits<Real>::infinity() : a[pixel]);
            });
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor &x = pass.x, &dy = pass.dy;
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Normalized<T> normalized(pass);
        std::vector<Real> da(normalized.a.size());
        max_pool2d_passes::for_each_largest(normalized.a.data(), x.shape(), dy.shape(), pass.params.window,
                                            [&](std::int64_t output, std::int64_t pixel) {
                                                if (pixel >= 0)
                                                    da[static_cast<std::size_t>(pixel)] +=
                                                        static_cast<Real>(dy.data<T>()[output]);
                                            });
        normalized.norm.store_gradients(da, pass.dx, {}, pass.dmean, pass.dvariance, pass.dgamma, pass.dbeta);
    });
}

}  // namespace tern::normalize_max_pool2d_passes
