#include <cmath>
#include <vector>

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

// w[k] t[n,k]; nothing for a row that is ignored.
template <class T, class Real, class P>
std::vector<Real> weighted_target(const P& pass, std::int64_t n) {
    const std::int64_t classes = pass.logits.dim(1);
    const double smoothing = pass.params.label_smoothing;
    std::vector<Real> weighted;
    if (pass.labels.defined() && pass.params.ignore_index == pass.labels.template data<std::int32_t>()[n])
        return weighted;
    for (std::int64_t k = 0; k < classes; ++k) {
        const double wanted =
            pass.labels.defined()
                ? static_cast<double>(pass.labels.template data<std::int32_t>()[n] == k)
                : static_cast<double>(pass.probabilities.template data<T>()[n * classes + k]);
        const double t = (1 - smoothing) * wanted + smoothing / static_cast<double>(classes);
        const double w =
            pass.weight.defined() ? static_cast<double>(pass.weight.template data<Real>()[k]) : 1.0;
        weighted.push_back(static_cast<Real>(w * t));
    }
    return weighted;
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
            const Real log_sum = std::log(row.sum);
            for (std::int64_t k = 0; k < classes; ++k) {
                const Real wanted = target<Real>(k, labels.data<std::int32_t>()[n], classes, smoothing);
                const Real found = std::exp(static_cast<Real>(px[k]) - row.top - log_sum);
                dx.data<T>()[n * classes + k] = static_cast<T>(scale * (found - wanted));
            }
        }
    });
}

void run(Ref, const RowsForward& pass, const Stream&) {
    const std::int64_t rows = pass.logits.dim(0), classes = pass.logits.dim(1);
    visit_floating(pass.logits.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t n = 0; n < rows; ++n) {
            const T* x = pass.logits.data<T>() + n * classes;
            const std::vector<Real> weighted = weighted_target<T, Real>(pass, n);
            const Shifted<Real> row(x, classes);
            Real loss = 0, row_weight = 1;
            for (std::size_t k = 0; k < weighted.size(); ++k)
                if (weighted[k] != 0)
                    loss += weighted[k] * (std::log(row.sum) - (static_cast<Real>(x[k]) - row.top));
            if (weighted.empty())
                row_weight = 0;
            else if (pass.labels.defined() && pass.weight.defined())
                row_weight = pass.weight.data<Real>()[pass.labels.data<std::int32_t>()[n]];
            pass.losses.data<Real>()[n] = loss;
            pass.row_weights.data<Real>()[n] = row_weight;
        }
    });
}

void run(Ref, const RowsBackward& pass, const Stream&) {
    const std::int64_t rows = pass.logits.dim(0), classes = pass.logits.dim(1);
    visit_floating(pass.logits.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t n = 0; n < rows; ++n) {
            const T* x = pass.logits.data<T>() + n * classes;
            const std::vector<Real> weighted = weighted_target<T, Real>(pass, n);
            const Shifted<Real> row(x, classes);
            Real all = 0;
            for (const Real one : weighted) all += one;
            for (std::int64_t k = 0; k < classes; ++k) {
                Real slope = 0;
                if (!weighted.empty()) {
                    const Real found = std::exp(static_cast<Real>(x[k]) - row.top) / row.sum;
                    slope =
                        pass.dlosses.data<Real>()[n] * (all * found - weighted[static_cast<std::size_t>(k)]);
                }
                pass.dlogits.data<T>()[n * classes + k] = static_cast<T>(slope);
            }
        }
    });
}

}  // namespace tern::softmax_cross_entropy_passes
