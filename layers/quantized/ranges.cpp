#include "tern/layers/quantized/ranges.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "tern/core/error.hpp"

namespace tern {
namespace {

constexpr std::int64_t kParts = 2048;
constexpr double kLargestByte = 255, kOutermost = 1e-4;

constexpr std::array<std::pair<RangeMethod, std::string_view>, 3> kNames{
    {{RangeMethod::min_max, "min-max"},
     {RangeMethod::percentile, "percentile"},
     {RangeMethod::mean_squared_error, "mean-squared-error"}}};

}  // namespace

std::string_view name_of(RangeMethod method) {
    for (const auto& [value, name] : kNames)
        if (value == method) return name;
    TERN_ASSERT(false);
    return {};
}

RangeMethod parse_range_method(std::string_view name) {
    std::string names;
    for (const auto& [value, known] : kNames) {
        if (known == name) return value;
        names += names.empty() ? "" : ", ";
        names += known;
    }
    fail("method", '"', name, "\" is none of ", names);
}

void ValueRange::see_ends(const float* numbers, std::int64_t count) {
    float low = 0, high = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        TERN_CHECK(std::isfinite(numbers[i]), "quantize", "a value of the model is ", numbers[i]);
        low = std::min(low, numbers[i]);
        high = std::max(high, numbers[i]);
    }
    low_ = std::min<double>(low_, low);
    high_ = std::max<double>(high_, high);
}

void ValueRange::count(const float* numbers, std::int64_t count) {
    counts_.resize(kParts);
    const double parts = high_ > low_ ? kParts / (high_ - low_) : 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto part = static_cast<std::int64_t>((numbers[i] - low_) * parts);
        ++counts_[static_cast<std::size_t>(std::clamp<std::int64_t>(part, 0, kParts - 1))];
    }
}

Quantization ValueRange::quantization(RangeMethod method) const {
    double low = low_, high = high_;
    const double part = (high_ - low_) / kParts;
    if (method == RangeMethod::percentile && !counts_.empty()) {
        const auto all = std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
        const auto outermost = static_cast<std::int64_t>(kOutermost * static_cast<double>(all));
        std::int64_t first = 0, last = kParts, below = 0, above = 0;
        while (first < kParts && below + counts_[static_cast<std::size_t>(first)] <= outermost)
            below += counts_[static_cast<std::size_t>(first++)];
        while (last > first && above + counts_[static_cast<std::size_t>(last - 1)] <= outermost)
            above += counts_[static_cast<std::size_t>(--last)];
        low = std::min(0.0, low_ + static_cast<double>(first) * part);
        high = std::max(0.0, low_ + static_cast<double>(last) * part);
    } else if (method == RangeMethod::mean_squared_error && !counts_.empty()) {
        double least = std::numeric_limits<double>::infinity();
        constexpr int kTried = 64;  // shares of the whole range, down to a fifth
        for (int i = 0; i < kTried; ++i) {
            const double share = 1 - 0.8 * i / kTried, from = low_ * share, to = high_ * share;
            const double step = (to - from) / kLargestByte;
            double error = 0;
            for (std::int64_t p = 0; p < kParts; ++p) {
                const double middle = low_ + (static_cast<double>(p) + 0.5) * part;
                const double cut = std::max({from - middle, middle - to, 0.0});
                error += static_cast<double>(counts_[static_cast<std::size_t>(p)]) *
                         (cut * cut + step * step / 12);
            }
            if (error >= least) continue;
            least = error;
            low = from;
            high = to;
        }
    }
    if (high <= low) return {};
    const double scale = (high - low) / kLargestByte;
    const double zero = std::clamp(std::nearbyint(-low / scale), 0.0, kLargestByte);
    return {static_cast<float>(scale), static_cast<int>(zero)};
}

}  // namespace tern
