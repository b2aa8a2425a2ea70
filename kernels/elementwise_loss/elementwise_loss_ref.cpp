#include <cmath>

#include "tern/kernels/elementwise_loss/elementwise_loss_passes.hpp"

namespace tern::elementwise_loss_passes {
namespace {

template <class Real>
Real value(const ElementwiseLossParams& params, Real x, Real target) {
    const Real distance = std::fabs(x - target), beta = static_cast<Real>(params.beta);
    switch (params.kind) {
        case LossKind::mse:
            return distance * distance;
        case LossKind::l1:
            return distance;
        case LossKind::smooth_l1:
            return distance < beta ? distance / beta * distance / 2 : distance - beta / 2;
        case LossKind::binary_cross_entropy:
            return std::max(x, Real{0}) - x * target + std::log1p(std::exp(-std::fabs(x)));
    }
    TERN_ASSERT(false);
}

template <class Real>
Real derivative(const ElementwiseLossParams& params, Real x, Real target) {
    const Real distance = x - target, beta = static_cast<Real>(params.beta);
    const Real sign = std::isnan(distance) ? distance : Real((distance > 0) - (distance < 0));
    switch (params.kind) {
        case LossKind::mse:
            return 2 * distance;
        case LossKind::l1:
            return sign;
        case LossKind::smooth_l1:
            return std::fabs(distance) < beta ? distance / beta : sign;
        case LossKind::binary_cross_entropy:  // 1 - sigmoid(x) is sigmoid(-x)
            return x < 0 ? 1 / (1 + std::exp(-x)) - target : (1 - target) - 1 / (1 + std::exp(x));
    }
    TERN_ASSERT(false);
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    visit_floating(pass.x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const T *x = pass.x.data<T>(), *target = pass.target.data<T>();
        for (std::int64_t i = 0; i < pass.x.numel(); ++i)
            pass.loss.data<Real>()[i] =
                value(pass.params, static_cast<Real>(x[i]), static_cast<Real>(target[i]));
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    visit_floating(pass.x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const T *x = pass.x.data<T>(), *target = pass.target.data<T>();
        for (std::int64_t i = 0; i < pass.x.numel(); ++i) {
            const Real slope = derivative(pass.params, static_cast<Real>(x[i]), static_cast<Real>(target[i]));
            pass.dx.data<T>()[i] = static_cast<T>(slope * pass.dloss.data<Real>()[i]);
        }
    });
}

}  // namespace tern::elementwise_loss_passes
