#include <cmath>

#include "tern/kernels/softmax/softmax_passes.hpp"

namespace tern::softmax_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const bool logarithm = pass.params.logarithm;
    const std::int64_t count = x.dim(-1);
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t row = 0; row < x.numel(); row += count) {
            const T* px = x.data<T>() + row;
            T* py = y.data<T>() + row;
            Real top = static_cast<Real>(px[0]);
            for (std::int64_t k = 1; k < count; ++k) top = std::max(top, static_cast<Real>(px[k]));
            Real sum = 0;
            for (std::int64_t k = 0; k < count; ++k) sum += std::exp(static_cast<Real>(px[k]) - top);
            for (std::int64_t k = 0; k < count; ++k) {
                const Real shifted = static_cast<Real>(px[k]) - top;
                py[k] = static_cast<T>(logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum);
            }
        }
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor &y = pass.y, &dy = pass.dy, &dx = pass.dx;
    const bool logarithm = pass.params.logarithm;
    const std::int64_t count = y.dim(-1);
    visit_floating(y.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t row = 0; row < y.numel(); row += count) {
            const T *py = y.data<T>() + row, *pdy = dy.data<T>() + row;
            Real sum = 0;
            for (std::int64_t k = 0; k < count; ++k) {
                const Real grad = static_cast<Real>(pdy[k]);
                sum += logarithm ? grad : grad * static_cast<Real>(py[k]);
            }
            for (std::int64_t k = 0; k < count; ++k) {
                const Real value = static_cast<Real>(py[k]), grad = static_cast<Real>(pdy[k]);
                dx.data<T>()[row + k] =
                    static_cast<T>(logarithm ? grad - std::exp(value) * sum : value * (grad - sum));
            }
        }
    });
}

}  // namespace tern::softmax_passes
