// Wall-clock times and their medians.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace tern::bench {

/// Of at least one value.
inline double median(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

template <class F>
double seconds_of(F&& run) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    run();
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The median of a few runs right after each other, and after one that is not timed.
template <class F>
double median_seconds_of(F&& run) {
    constexpr int kRuns = 5;
    run();
    std::vector<double> seconds;
    for (int i = 0; i < kRuns; ++i) seconds.push_back(seconds_of(run));
    return median(std::move(seconds));
}

}  // namespace tern::bench
