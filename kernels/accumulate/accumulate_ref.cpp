#include "tern/kernels/accumulate/accumulate_passes.hpp"

namespace tern::accumulate_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &sum = pass.sum, &term = pass.term, &result = pass.result;
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
