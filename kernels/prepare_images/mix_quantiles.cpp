#include "tern/kernels/prepare_images/mix_quantiles.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <vector>

namespace tern {
namespace {

constexpr int kSteps = 1 << 14;

// Of the density x^(a-1) (1-x)^(a-1) the half up to 1/2: with t = x^a the pole at 0 is gone, and (1 - t^(1/a))^(a-1) is
// what is summed up, by trapezoids. The other half mirrors it.
MixQuantiles make_quantiles(double alpha) {
    const double end = std::pow(0.5, alpha), step = end / kSteps;
    const auto density = [&](int i) { return std::pow(1 - std::pow(i * step, 1 / alpha), alpha - 1); };
    std::vector<double> sums{0};
    for (int i = 1; i <= kSteps; ++i) sums.push_back(sums.back() + (density(i - 1) + density(i)) / 2);

    MixQuantiles result;
    for (int i = 1; i <= 128; ++i) {
        const double wanted = sums.back() * i / 128;
        const auto above =
            std::min<std::ptrdiff_t>(std::ranges::lower_bound(sums, wanted) - sums.begin(), kSteps);
        const double low = sums[static_cast<std::size_t>(above - 1)],
                     high = sums[static_cast<std::size_t>(above)];
        const double t = (static_cast<double>(above) - (high - wanted) / (high - low)) * step;
        const std::int64_t share = std::llround(std::pow(t, 1 / alpha) * static_cast<double>(kWholeShare));
        result.values[i] = static_cast<std::uint16_t>(share);
        result.values[256 - i] =
            static_cast<std::uint16_t>(std::min<std::int64_t>(kWholeShare - share, kWholeShare - 1));
    }
    return result;
}

}  // namespace

const MixQuantiles& mix_quantiles(double alpha) {
    static std::mutex mutex;
    static std::map<double, MixQuantiles> made;
    const std::lock_guard lock(mutex);
    const auto found = made.find(alpha);
    return found != made.end() ? found->second : made.emplace(alpha, make_quantiles(alpha)).first->second;
}

}  // namespace tern
