#include "tern/kernels/accumulate/accumulate.hpp"

#include "tern/core/tree_order.hpp"
#include "tern/kernels/accumulate/accumulate_passes.hpp"

namespace tern {

using namespace accumulate_passes;

const Op& accumulate_op() {
    static const Op op{"accumulate", {pass_of<Forward, Partial<Cuda>, Cpu, Ref>()}};
    return op;
}

void accumulate(const Tensor& sum, const Tensor& term) {
    TERN_CHECK(sum.shape() == term.shape(), "accumulate", "cannot add ", term, " to ", sum);
    run_pass(Forward{.sum = sum, .term = term, .result = sum});
}

Tensor accumulate_parts(const Tensor& parts) {
    const auto part = [&](std::int64_t i) { return parts.slice(i, i + 1); };
    const std::int64_t count = parts.dim(0);
    for (std::int64_t i = 0; i < count; ++i)
        for (const std::int64_t left : tree_lefts(i, count)) accumulate(part(i), part(left));
    return part(count - 1);
}

}  // namespace tern
