#include "tern/kernels/permute/permute_passes.hpp"
#include "tern/kernels/shared/ref_index.hpp"

namespace tern::permute_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const std::vector<int>& order = pass.params.order;
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
