#include "tern/kernels/epoch_order/epoch_order.hpp"

#include <limits>

#include "tern/kernels/epoch_order/epoch_order_passes.hpp"

namespace tern {
using namespace epoch_order_passes;

const Op& epoch_order_op() {
    // Once an epoch, 50 thousand samples in 5 ms: on the CPU ref is all there is to have.
    static const Op op{"epoch_order", {pass_of<Order, Partial<Cuda>, Ref>()}};
    return op;
}

Tensor epoch_order(std::int64_t count, bool shuffle, std::uint64_t seed, std::int64_t epoch, Device device) {
    TERN_CHECK(count >= 0 && count <= std::numeric_limits<std::int32_t>::max(), "epoch_order", "a set of ",
               count, " samples, expected 0 to 2^31 - 1");
    TERN_CHECK(epoch >= 0 && epoch <= std::numeric_limits<std::uint32_t>::max(), "epoch_order", "epoch ",
               epoch, " is not in [0, 2^32)");
    const EpochOrderParams params{shuffle, {seed, RandomPurpose::shuffle, static_cast<std::uint32_t>(epoch)}};
    const Tensor samples = Tensor::empty({count}, DType::int32, device);
    run_pass(Order{.params = params, .samples = samples});
    return samples;
}

}  // namespace tern
