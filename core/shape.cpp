#include "tern/core/shape.hpp"

#include <algorithm>

#include "tern/core/error.hpp"

namespace tern {

Shape::Shape(std::initializer_list<std::int64_t> extents)
    : Shape(std::span<const std::int64_t>(extents.begin(), extents.size())) {}

Shape::Shape(std::span<const std::int64_t> extents) {
    TERN_CHECK(extents.size() <= kMaxRank, "shape", extents.size(), " dimensions, at most ", kMaxRank);
    for (const std::int64_t extent : extents) {
        extents_[static_cast<std::size_t>(rank_++)] = extent;
        TERN_CHECK(extent >= 0, "shape", "negative extent in ", str());
        TERN_CHECK(!__builtin_mul_overflow(numel_, extent, &numel_), "shape", str(),
                   " has more than 2^63 elements");
    }
}

int Shape::normalize_index(int i) const {
    const int index = i < 0 ? i + rank_ : i;
    TERN_CHECK(index >= 0 && index < rank_, "shape", "dimension ", i, " of a tensor of rank ", rank_);
    return index;
}

std::int64_t Shape::operator[](int i) const { return extents_[static_cast<std::size_t>(normalize_index(i))]; }

Shape Shape::with(int i, std::int64_t extent) const {
    auto extents = extents_;
    extents[static_cast<std::size_t>(normalize_index(i))] = extent;
    return Shape(std::span<const std::int64_t>(extents.data(), static_cast<std::size_t>(rank_)));
}

bool operator==(const Shape& a, const Shape& b) { return std::ranges::equal(a.extents(), b.extents()); }

std::string Shape::str() const {
    std::string text = "(";
    for (const std::int64_t extent : extents()) {
        if (text.size() > 1) text += ',';
        text += std::to_string(extent);
    }
    return text + ')';
}

}  // namespace tern
