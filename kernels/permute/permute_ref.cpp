#include "tern/kernels/permute/permute.hpp"

#include "tern/kernels/op.hpp"
#include "tern/kernels/ref_index.hpp"

namespace tern::permute_passes {

void forward_ref(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &y = problem.outputs[0];
    const std::vector<int>& order = problem.params<PermuteParams>().order;
    visit_any(x.dtype(), [&]<class T>() {
        for (std::int64_t i = 0; i < y.numel(); ++i) {
            const ref::Position to = ref::position_of(i, y.shape());
            ref::Position from{};
            for (std::size_t d = 0; d < order.size(); ++d) from[order[d]] = to[d];
            y.data<T>()[i] = x.data<T>()[ref::flat_of(from, x.shape())];
        }
    });
}

}  // namespace tern::permute_passes
