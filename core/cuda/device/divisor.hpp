// Division by a number that is the same for all threads: a multiplication and a shift, 3 instructions where
// the division of two variables is about 20.
#pragma once

#include <bit>
#include <cstdint>

#include "tern/core/error.hpp"
#include "tern/core/macros.hpp"

namespace tern::cuda {

/// With 2^(s-1) < d <= 2^s and m = floor(2^(32+s) / d) + 1, n / d is floor(n m / 2^(32+s)) for every n below
/// 2^32 (Granlund, Montgomery, "Division by invariant integers using multiplication", 1994, theorem 4.2); m
/// has 33 bits, of which the first is the addition of n. 0 divides like 1: a tensor without elements has such
/// extents, and nothing to divide.
class Divisor {
  public:
    Divisor() = default;
    explicit Divisor(std::int64_t divisor) : divisor_(divisor == 0 ? 1 : static_cast<int>(divisor)) {
        TERN_ASSERT(divisor >= 0 && divisor <= INT32_MAX);
        const auto d = static_cast<std::uint64_t>(divisor_);
        shift_ = static_cast<unsigned>(std::bit_width(d - 1));
        multiplier_ = static_cast<std::uint32_t>((((std::uint64_t{1} << shift_) - d) << 32) / d + 1);
    }

    TERN_HOST_DEVICE int divisor() const { return divisor_; }
    /// For n >= 0.
    TERN_HOST_DEVICE int quotient(int n) const {
        const auto dividend = static_cast<std::uint32_t>(n);
        const auto high =
            static_cast<std::uint32_t>((static_cast<std::uint64_t>(dividend) * multiplier_) >> 32);
        return static_cast<int>((high + dividend) >> shift_);
    }
    TERN_HOST_DEVICE int remainder(int n) const { return n - quotient(n) * divisor_; }

  private:
    int divisor_ = 1;
    std::uint32_t multiplier_ = 1;
    unsigned shift_ = 0;
};

}  // namespace tern::cuda
