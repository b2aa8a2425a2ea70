#include <algorithm>
#include <numeric>

#include "tern/kernels/epoch_order/epoch_order_passes.hpp"

namespace tern::epoch_order_passes {

void run(Ref, const Order& pass, const Stream&) {
    const auto& [shuffle, random] = pass.params;
    const std::span<std::int32_t> samples = pass.samples.elements<std::int32_t>();
    std::iota(samples.begin(), samples.end(), 0);
    if (!shuffle) return;
    std::vector<std::uint64_t> keys(samples.size());
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = random.bits64(i);
    std::ranges::stable_sort(samples, {},
                             [&](std::int32_t sample) { return keys[static_cast<std::size_t>(sample)]; });
}

}  // namespace tern::epoch_order_passes
