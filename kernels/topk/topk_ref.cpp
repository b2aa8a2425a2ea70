#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "tern/kernels/shared/ref_index.hpp"
#include "tern/kernels/topk/topk_passes.hpp"

namespace tern::topk_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const auto [k, axis] = pass.params;
    const Shape& shape = pass.x.shape();
    const Shape lines = shape.with(axis, 1);
    visit_any(pass.x.dtype(), [&, k = k, axis = axis]<class T>() {
        for (std::int64_t line = 0; line < lines.numel(); ++line) {
            ref::Position at = ref::position_of(line, lines);
            const auto element = [&](std::int64_t i) {
                at[axis] = i;
                return pass.x.data<T>()[ref::flat_of(at, shape)];
            };
            std::vector<std::int64_t> order(static_cast<std::size_t>(shape[axis]));
            std::iota(order.begin(), order.end(), 0);
            std::ranges::stable_sort(order, [&](std::int64_t i, std::int64_t j) {
                const T a = element(i), b = element(j);
                if constexpr (std::is_integral_v<T>) {
                    return a > b;
                } else {
                    const auto x = static_cast<Compute<T>>(a), y = static_cast<Compute<T>>(b);
                    return std::isnan(x) ? !std::isnan(y) : x > y;
                }
            });
            for (std::int64_t i = 0; i < k; ++i) {
                const T value = element(order[i]);
                at[axis] = i;
                const std::int64_t to = ref::flat_of(at, pass.values.shape());
                pass.values.data<T>()[to] = value;
                pass.indices.data<std::int64_t>()[to] = order[i];
            }
        }
    });
}

}  // namespace tern::topk_passes
