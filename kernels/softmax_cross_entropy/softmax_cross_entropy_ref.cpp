#include <cmath>

#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy_passes.hpp"

namespace tern::softmax_cross_entropy_passes {
namespace {

// Logits (K) from their largest on, so that no exponential overflows and no large number swallows the
// logarithm.
template <class Real>
struct Shifted {
    Real top, sum = 0;  // of exp(x[k] - top)

    template <class T>
    Shifted(const T* x, std::int64_t classes) : top(static_cast<Real>(x[0])) {
        for (std::int64_t k = 1; k < classes; ++k) top = std::max(top, static_cast<Real>(x[k]));
        for (std::int64_t k = 0; k < classes; ++k) sum += std::exp(static_cast<Real>(x[k]) - top);
    }
};

// The wanted probability of class k.
template <class Real>
Real target(std::int64_t k, std::int32_t label, std::int64_t classes, double smoothing) {
    return static_cast<Real>((k == label ? 1 - smoothing : 0) + smoothing / static_cast<double>(classes));
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.logits, &labels = pass.labels, &loss = pass.loss;
    const double smoothing = pass.params.label_smoothing;
    const std::int64_t rows = x.dim(0), classes = x.dim(1);
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        Real sum = 0;
        for (std::int64_t n = 0; n < rows; ++n) {
            const T* px = x.data<T>() + n * classes;
            const Shifted<Real> row(px, classes);
            for (std::int64_t k = 0; k < classes; ++k) {
                const Real wanted = target<Real>(k, labels.data<std::int32_t>()[n], classes, smoothing);
                if (wanted != 0) sum += wanted * (std::log(row.sum) - (static_cast<Real>(px[k]) - row.top));
            }
        }
        *loss.data<Real>() = sum / static_cast<Real>(rows);
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor &x = pass.logits, &labels = pass.labels, &dx = pass.dlogits;
    const double smoothing = pass.params.label_smoothing;
    const std::int64_t rows = x.dim(0), classes = x.dim(1);
    const double dloss = pass.dloss.item();
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Real scale = static_cast<Real>(dloss) / static_cast<Real>(rows);
        for (std::int64_t n = 0; n < rows; ++n) {
            const T* px = x.data<T>() + n * classes;
            const Shifted<Real> row(px, classes);
            for (std::int64_t k = 0; k < classes; ++k) {
                const Real wanted = target<Real>(k, labels.data<std::int32_t>()[n], classes, smoothing);
                const Real found = std::exp(static_cast<Real>(px[k]) - row.top) / row.sum;
                dx.data<T>()[n * classes + k] = static_cast<T>(scale * (found - wanted));
            }
        }
    });
}

}  // namespace tern::softmax_cross_entropy_passes
