#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

#include <cmath>

#include "tern/kernels/op.hpp"

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
            return -1 / (x * x);
        case UnaryKind::scale_shift:
            return static_cast<Real>(params.scale);
    }
    TERN_ASSERT(false);
}

}  // namespace

void forward_ref(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &y = problem.outputs[0];
    const auto& params = problem.params<ElementwiseUnaryParams>();
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t i = 0; i < x.numel(); ++i)
            y.data<T>()[i] = static_cast<T>(value(params, static_cast<Real>(x.data<T>()[i])));
    });
}

void backward_ref(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &dy = problem.inputs[1], &dx = problem.outputs[0];
    const auto& params = problem.params<ElementwiseUnaryParams>();
    visit_floating(dy.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t i = 0; i < dy.numel(); ++i) {
            const Real at = x.defined() ? static_cast<Real>(x.data<T>()[i]) : Real{0};
            dx.data<T>()[i] = static_cast<T>(derivative(params, at) * static_cast<Real>(dy.data<T>()[i]));
        }
    });
}

}  // namespace tern::elementwise_unary_passes
