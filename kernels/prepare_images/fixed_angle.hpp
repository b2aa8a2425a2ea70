// Sines with the same bits everywhere.
#pragma once

#include <cstdint>

#include "tern/core/macros.hpp"

namespace tern {

/// Of angles: so many make a whole turn.
inline constexpr std::int64_t kWholeTurn = std::int64_t{1} << 24;

/// Sine and cosine in units of 2^-30, computed with whole numbers: Taylor's series up to x^7 and x^8 in an eighth of a
/// turn either way, which leaves 2^-21 (x^9 / 9! at pi / 4).
struct FixedAngle {
    std::int64_t sine = 0, cosine = kOne;
    static constexpr std::int64_t kOne = std::int64_t{1} << 30;

    FixedAngle() = default;
    /// angle: in [-kWholeTurn / 2, kWholeTurn / 2]
    TERN_HOST_DEVICE explicit FixedAngle(std::int64_t angle) {
        constexpr std::int64_t kQuarter = kWholeTurn / 4;
        const std::int64_t quarters = (angle + 5 * kQuarter / 2) / kQuarter - 2;
        const std::int64_t x = (angle - quarters * kQuarter) * 6746518852 >> 24;  // 2 pi 2^30, rounded
        const std::int64_t square = x * x >> 30;
        std::int64_t even = kOne - square / 56, odd = kOne - square / 42;
        even = kOne - (square * even >> 30) / 30;
        odd = kOne - (square * odd >> 30) / 20;
        even = kOne - (square * even >> 30) / 12;
        odd = kOne - (square * odd >> 30) / 6;
        even = kOne - (square * even >> 30) / 2;
        odd = x * odd >> 30;
        const bool swapped = quarters % 2 != 0;
        sine = swapped ? even : odd;
        cosine = swapped ? odd : even;
        if (quarters == 2 || quarters == -2 || quarters == -1) sine = -sine;
        if (quarters == 2 || quarters == -2 || quarters == 1) cosine = -cosine;
    }
};

}  // namespace tern
