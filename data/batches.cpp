#include "tern/data/batches.hpp"

#include <algorithm>

namespace tern {

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
