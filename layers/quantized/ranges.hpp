// Which numbers the bytes of a value stand for, from numbers that it had.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tern/kernels/quantize/quantize.hpp"

namespace tern {

/// min_max: all that were seen; percentile: all but the outermost 1 in 10,000 at each end; mean_squared_error: those for which
/// rounding and cutting off cost least.
enum class RangeMethod : std::uint8_t { min_max, percentile, mean_squared_error };

std::string_view name_of(RangeMethod method);
/// Throws Error that lists the names.
RangeMethod parse_range_method(std::string_view name);

/// Numbers that a value had, first their ends and then how often each, in 2,048 equal parts between.
class ValueRange {
  public:
    /// Throws Error for a number that is not finite.
    void see_ends(const float* numbers, std::int64_t count);
    /// After the ends of all are known.
    void count(const float* numbers, std::int64_t count);

    /// 0 has a byte of its own: padding and ReLU are exact.
    Quantization quantization(RangeMethod method) const;

  private:
    double low_ = 0, high_ = 0;  // they contain 0
    std::vector<std::int64_t> counts_;
};

}  // namespace tern
