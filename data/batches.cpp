#include "tern/data/batches.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "tern/core/random.hpp"

namespace tern {

Tensor epoch_order(std::int64_t count, bool shuffle, std::uint64_t seed, std::int64_t epoch, Device device) {
    TERN_CHECK(count >= 0 && count <= std::numeric_limits<std::int32_t>::max(), "data", "a set of ", count,
               " records, expected 0 to 2^31 - 1");
    TERN_CHECK(epoch >= 0 && epoch <= std::numeric_limits<std::uint32_t>::max(), "data", "epoch ", epoch,
               " is not in [0, 2^32)");
    const Tensor order = Tensor::empty({count}, DType::int32);
    const std::span<std::int32_t> records = order.elements<std::int32_t>();
    std::iota(records.begin(), records.end(), 0);
    if (!shuffle) return order.to(device);
    const RandomStream stream{seed, RandomPurpose::shuffle, static_cast<std::uint32_t>(epoch)};
    std::vector<std::uint64_t> keys(records.size());
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = stream.bits64(i);
    std::ranges::stable_sort(records, {},
                             [&](std::int32_t record) { return keys[static_cast<std::size_t>(record)]; });
    return order.to(device);
}

Batches::Batches(Tensor order, std::int64_t batch_size) : order_(std::move(order)), batch_size_(batch_size) {
    TERN_CHECK(batch_size >= 1, "data", "the batch size must be at least 1, got ", batch_size);
}

// Without the usual sum of both, which may be more than 2^63.
std::int64_t Batches::count() const {
    return order_.dim(0) / batch_size_ + (order_.dim(0) % batch_size_ > 0 ? 1 : 0);
}

Tensor Batches::operator[](std::int64_t i) const {
    TERN_ASSERT(i >= 0 && i < count());
    const std::int64_t begin = i * batch_size_;
    return order_.slice(begin, begin + std::min(batch_size_, order_.dim(0) - begin));
}

}  // namespace tern
