#include "tern/kernels/dropout/dropout.hpp"

#include "tern/kernels/op.hpp"

namespace tern::dropout_passes {

void forward_ref(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &y = problem.outputs[0];
    const auto& [probability, random] = problem.params<DropoutParams>();
    visit_floating(x.dtype(), [&, probability = probability, random = random]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t i = 0; i < x.numel(); ++i) {
            const bool kept =
                static_cast<double>(random.uniform(static_cast<std::uint64_t>(i))) >= probability;
            const Real value = static_cast<Real>(x.data<T>()[i]) * static_cast<Real>(1 / (1 - probability));
            y.data<T>()[i] = static_cast<T>(kept ? value : Real{0});
        }
    });
}

}  // namespace tern::dropout_passes
