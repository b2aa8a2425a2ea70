#include "tern/layers/merge_moments.hpp"

#include "tern/core/error.hpp"
#include "tern/core/tree_order.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

namespace tern {
namespace {

Tensor scaled(const Tensor& tensor, double factor) { return scale_shift(tensor, factor, 0); }

Tensor merged(const Tensor& left, const Tensor& right, double share) {
    const Tensor difference = sub(right.slice(0, 1), left.slice(0, 1));
    const Tensor result = Tensor::empty(left.shape(), left.dtype(), left.device());
    result.slice(0, 1).copy_from(add(left.slice(0, 1), scaled(difference, share)));
    result.slice(1, 2).copy_from(
        add(add(scaled(left.slice(1, 2), 1 - share), scaled(right.slice(1, 2), share)),
            scaled(square(difference), share * (1 - share))));
    return result;
}

}  // namespace

Tensor merge_moments(const Tensor& parts, const std::vector<std::int64_t>& samples) {
    TERN_ASSERT(parts.rank() == 3 && parts.dim(0) == std::ssize(samples) && parts.dim(1) == 2);
    std::vector<std::int64_t> counts = samples;
    Tensors moments;
    for (std::int64_t i = 0; i < parts.dim(0); ++i) {
        const auto at = static_cast<std::size_t>(i);
        Tensor sum = parts.slice(i, i + 1).reshape({2, parts.dim(2)});
        for (const std::int64_t left : tree_lefts(i, parts.dim(0))) {
            const std::int64_t before = counts[static_cast<std::size_t>(left)];
            const Tensor& other = moments[static_cast<std::size_t>(left)];
            if (counts[at] == 0)
                sum = other;
            else if (before > 0)
                sum = merged(other, sum,
                             static_cast<double>(counts[at]) / static_cast<double>(before + counts[at]));
            counts[at] += before;
        }
        moments.push_back(sum);
    }
    TERN_ASSERT(counts.back() > 0);
    return moments.back();
}

}  // namespace tern
