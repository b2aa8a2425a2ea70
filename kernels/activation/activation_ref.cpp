#include "tern/kernels/activation/activation_ref.hpp"

#include "tern/kernels/op.hpp"

namespace tern::activation_passes {

void forward_ref(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &y = problem.outputs[0];
    const auto& params = problem.params<ActivationParams>();
    visit_floating(x.dtype(), [&]<class T>() {
        for (std::int64_t i = 0; i < x.numel(); ++i)
            y.data<T>()[i] = static_cast<T>(ref::activated(params, static_cast<Compute<T>>(x.data<T>()[i])));
    });
}

void backward_ref(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &dy = problem.inputs[1], &dx = problem.outputs[0];
    const auto& params = problem.params<ActivationParams>();
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
