#include "tern/kernels/activation/activation_ref.hpp"

#include "tern/kernels/activation/activation_passes.hpp"

namespace tern::activation_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto& params = pass.params;
    visit_floating(x.dtype(), [&]<class T>() {
        for (std::int64_t i = 0; i < x.numel(); ++i)
            y.data<T>()[i] = static_cast<T>(ref::activated(params, static_cast<Compute<T>>(x.data<T>()[i])));
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor &x = pass.x, &dy = pass.dy, &dx = pass.dx;
    const auto& params = pass.params;
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t i = 0; i < x.numel(); ++i) {
            const Real grad = static_cast<Real>(dy.data<T>()[i]);
            dx.data<T>()[i] =
                static_cast<T>(ref::activation_gradient(params, static_cast<Real>(x.data<T>()[i]), grad));
        }
    });
}

}  // namespace tern::activation_passes
