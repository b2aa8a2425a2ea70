#include <cmath>
#include <limits>

#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/shared/ref_index.hpp"

namespace tern::elementwise_binary_passes {
namespace {

template <class Real>
Real value(BinaryKind kind, Real a, Real b) {
    switch (kind) {
        case BinaryKind::add:
            return a + b;
        case BinaryKind::sub:
            return a - b;
        case BinaryKind::mul:
            return a * b;
        case BinaryKind::div:
            return a / b;
        case BinaryKind::maximum:
            if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<Real>::quiet_NaN();
            return std::max(a, b);
        case BinaryKind::minimum:
            if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<Real>::quiet_NaN();
            return std::min(a, b);
        case BinaryKind::pow:
            return std::pow(a, b);
    }
    TERN_ASSERT(false);
}

// d value / da
template <class Real>
Real derivative_a(BinaryKind kind, Real a, Real b) {
    switch (kind) {
        case BinaryKind::mul:
            return b;
        case BinaryKind::div:
            return 1 / b;
        case BinaryKind::maximum:
            return a == b ? Real{0.5} : Real(!(a < b));
        case BinaryKind::minimum:
            return a == b ? Real{0.5} : Real(!(a > b));
        case BinaryKind::pow:
            return b == 0 ? 0 : b * std::pow(a, b - 1);
        default:
            return 1;
    }
}

// d value / db
template <class Real>
Real derivative_b(BinaryKind kind, Real a, Real b) {
    switch (kind) {
        case BinaryKind::sub:
            return -1;
        case BinaryKind::mul:
            return a;
        case BinaryKind::div:
            return -(a / b) / b;  // b * b would leave the type's range
        case BinaryKind::maximum:
            return a == b ? Real{0.5} : Real(!(b < a));
        case BinaryKind::minimum:
            return a == b ? Real{0.5} : Real(!(b > a));
        case BinaryKind::pow:
            return a == 0 && b >= 0 ? 0 : std::pow(a, b) * std::log(a);
        default:
            return 1;
    }
}

// y[i] = f(a[i], b[i]), times dy[i] where there is one.
template <class Pass, class F>
void compute(const Pass& pass, const Tensor& dy, const Tensor& y, F f) {
    const Tensor &a = pass.a, &b = pass.b;
    visit_floating(a.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t i = 0; i < y.numel(); ++i) {
            const T at_a = a.data<T>()[ref::operand_index(i, y.shape(), a.shape())];
            const T at_b = b.data<T>()[ref::operand_index(i, y.shape(), b.shape())];
            Real result = f(pass.params.kind, static_cast<Real>(at_a), static_cast<Real>(at_b));
            if (dy.defined()) result *= static_cast<Real>(dy.data<T>()[i]);
            y.data<T>()[i] = static_cast<T>(result);
        }
    });
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    compute(pass, kNoTensor, pass.y, [](BinaryKind kind, auto a, auto b) { return value(kind, a, b); });
}
void run(Ref, const BackwardA& pass, const Stream&) {
    compute(pass, pass.dy, pass.da, [](BinaryKind kind, auto a, auto b) { return derivative_a(kind, a, b); });
}
void run(Ref, const BackwardB& pass, const Stream&) {
    compute(pass, pass.dy, pass.db, [](BinaryKind kind, auto a, auto b) { return derivative_b(kind, a, b); });
}

}  // namespace tern::elementwise_binary_passes
