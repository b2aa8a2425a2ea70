#include "tern/apps/ticks.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace tern::apps {

double tick_step(double span, int most) {
    double step = std::pow(10, std::floor(std::log10(span / most)));
    for (const double times : {2.0, 2.5, 2.0}) {
        if (span / step <= most) break;
        step *= times;
    }
    return step;
}

int Ticks::count() const { return static_cast<int>(std::lround((high - low) / step)); }

Ticks ticks_around(double low, double high, int most) {
    constexpr double kRounding = 1e-9;  // of what is a multiple already
    const double size = std::max(std::abs(low), std::abs(high));
    const double span = high - low > kRounding * size ? high - low : size > 0 ? size : 1;
    const double step = tick_step(span, most);
    const double first = std::floor(low / step + kRounding) * step;
    double last = std::ceil(high / step - kRounding) * step;
    if (last <= first) last = first + step;
    return {first, last, step};
}

}  // namespace tern::apps
