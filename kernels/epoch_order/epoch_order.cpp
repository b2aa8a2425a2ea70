#include "tern/kernels/epoch_order/epoch_order.hpp"

#include <limits>

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace epoch_order_passes {
void order_ref(const Problem& problem, const Stream& stream);
void order_cuda(const Problem& problem, const Stream& stream);
}  // namespace epoch_order_passes

const Op& epoch_order_op() {
    using namespace epoch_order_passes;
    // Once an epoch, 50 thousand records in 5 ms: on the CPU ref is all there is to have.
    static const Op op{"epoch_order",
                       {{"epoch_order",
                         "order",
                         {},
                         {"records"},
                         {{Backend::cuda, TERN_IF_CUDA(order_cuda)}, {Backend::ref, order_ref}}}}};
    return op;
}

Tensor epoch_order(std::int64_t count, bool shuffle, std::uint64_t seed, std::int64_t epoch, Device device) {
    TERN_CHECK(count >= 0 && count <= std::numeric_limits<std::int32_t>::max(), "epoch_order", "a set of ",
               count, " records, expected 0 to 2^31 - 1");
    TERN_CHECK(epoch >= 0 && epoch <= std::numeric_limits<std::uint32_t>::max(), "epoch_order", "epoch ",
               epoch, " is not in [0, 2^32)");
    const EpochOrderParams params{shuffle, {seed, RandomPurpose::shuffle, static_cast<std::uint32_t>(epoch)}};
    const Tensor records = Tensor::empty({count}, DType::int32, device);
    static const Pass& pass = epoch_order_op().pass("order");
    run_pass(pass, ParamsRef(params), {}, {records});
    return records;
}

}  // namespace tern
