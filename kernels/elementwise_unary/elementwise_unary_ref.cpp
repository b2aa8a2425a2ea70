#include <cmath>

#include "tern/kernels/elementwise_unary/elementwise_unary_passes.hpp"

namespace tern::elementwise_unary_passes {
namespace {

template <class Real>
Real value(const ElementwiseUnaryParams& params, Real x) {
    switch (params.kind) {
        case UnaryKind::neg:
            return -x;
        case UnaryKind::exp:
            return std::exp(x);
        case UnaryKind::log:
            return std::log(x);
        case UnaryKind::sqrt:
            return std::sqrt(x);
        case UnaryKind::abs:
            return std::fabs(x);
        case UnaryKind::square:
            return x * x;
        case UnaryKind::reciprocal:
            return 1 / x;
        case UnaryKind::scale_shift:
            return static_cast<Real>(params.scale) * x + static_cast<Real>(params.shift);
    }
    TERN_ASSERT(false);
}

template <class Real>
Real derivative(const ElementwiseUnaryParams& params, Real x) {
    switch (params.kind) {
        case UnaryKind::neg:
            return -1;
        case UnaryKind::exp:
            return std::exp(x);
        case UnaryKind::log:
            return 1 / x;
        case UnaryKind::sqrt:
            return 1 / (2 * std::sqrt(x));
        case UnaryKind::abs:
            return static_cast<Real>((x > 0) - (x < 0));
        case UnaryKind::square:
            return 2 * x;
        case UnaryKind::reciprocal:
            return -(1 / x) / x;  // x * x would leave the type's range
        case UnaryKind::scale_shift:
            return static_cast<Real>(params.scale);
    }
    TERN_ASSERT(false);
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t i = 0; i < x.numel(); ++i)
            y.data<T>()[i] = static_cast<T>(value(pass.params, static_cast<Real>(x.data<T>()[i])));
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor &x = pass.x, &dy = pass.dy, &dx = pass.dx;
    visit_floating(dy.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t i = 0; i < dy.numel(); ++i) {
            const Real at = x.defined() ? static_cast<Real>(x.data<T>()[i]) : Real{0};
            dx.data<T>()[i] =
                static_cast<T>(derivative(pass.params, at) * static_cast<Real>(dy.data<T>()[i]));
        }
    });
}

}  // namespace tern::elementwise_unary_passes
