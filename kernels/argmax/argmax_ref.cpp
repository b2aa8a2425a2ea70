#include <cmath>

#include "tern/kernels/argmax/argmax_passes.hpp"
#include "tern/kernels/shared/ref_index.hpp"

namespace tern::argmax_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    visit_any(x.dtype(), [&]<class T>() {
        for (std::int64_t i = 0; i < y.numel(); ++i) {
            const ref::Position kept = ref::position_of(i, y.shape());
            const auto element = [&](std::int64_t k) {
                ref::Position at{};
                for (int d = 0, from = 0; d < x.rank(); ++d) at[d] = d == pass.params.axis ? k : kept[from++];
                return x.data<T>()[ref::flat_of(at, x.shape())];
            };
            std::int64_t best = 0;
            for (std::int64_t k = 1; k < x.dim(pass.params.axis); ++k) {
                const T value = element(k), top = element(best);
                if constexpr (std::is_integral_v<T>) {
                    if (value > top) best = k;
                } else {
                    const auto a = static_cast<Compute<T>>(value), b = static_cast<Compute<T>>(top);
                    if (std::isnan(b)) break;
                    if (a > b || std::isnan(a)) best = k;
                }
            }
            y.data<std::int64_t>()[i] = best;
        }
    });
}

}  // namespace tern::argmax_passes
