// The extents of a tensor, outermost first; at most kMaxRank of them, stored in place.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <span>
#include <string>

namespace tern {

class Shape {
  public:
    static constexpr int kMaxRank = 8;

    /// Rank 0: a scalar, one element.
    Shape() = default;
    /// Throws Error if there are more than kMaxRank extents, one is negative, or their product overflows.
    Shape(std::initializer_list<std::int64_t> extents);
    explicit Shape(std::span<const std::int64_t> extents);

    int rank() const { return rank_; }
    std::int64_t numel() const { return numel_; }
    /// Extent of dimension `i`; negative `i` counts from the last.
    std::int64_t operator[](int i) const;
    std::span<const std::int64_t> extents() const {
        return {extents_.data(), static_cast<std::size_t>(rank_)};
    }
    const std::int64_t* begin() const { return extents_.data(); }
    const std::int64_t* end() const { return extents_.data() + rank_; }

    /// The same shape with dimension `i` replaced.
    Shape with(int i, std::int64_t extent) const;

    friend bool operator==(const Shape& a, const Shape& b);

    /// "(32,32,32,16)"
    std::string str() const;
    friend std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

  private:
    int normalize_index(int i) const;

    std::array<std::int64_t, kMaxRank> extents_{};
    int rank_ = 0;
    std::int64_t numel_ = 1;
};

}  // namespace tern
