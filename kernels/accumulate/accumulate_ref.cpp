#include "tern/kernels/op.hpp"

namespace tern::accumulate_passes {

void forward_ref(const Problem& problem, const Stream&) {
    const Tensor& sum = problem.inputs[0];
    const Tensor& term = problem.inputs[1];
    const Tensor& result = problem.outputs[0];
    visit_floating(sum.dtype(), [&]<class T>() {
        visit_floating(term.dtype(), [&]<class U>() {
            using Real = Compute<T>;
            for (std::int64_t i = 0; i < sum.numel(); ++i) {
                const Real total = static_cast<Real>(sum.data<T>()[i]) + static_cast<Real>(term.data<U>()[i]);
                result.data<T>()[i] = static_cast<T>(total);
            }
        });
    });
}

}  // namespace tern::accumulate_passes
