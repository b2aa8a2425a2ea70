#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/bench/peaks.cpp"
#include "tern/bench/peaks.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/tensor.hpp"
#include "tern/core/threads/parallel.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::bench::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// `rounds` times 12 independent chains: 2 units with a latency of 4 cycles need 8 in flight. Returns the
// operations.
double multiply_adds(std::int64_t rounds, float* sink) {
    const hn::ScalableTag<float> d;
    using V = hn::Vec<decltype(d)>;
    constexpr int kChains = 12;
    V sums[kChains];
    for (int i = 0; i < kChains; ++i) sums[i] = hn::Set(d, static_cast<float>(i));
    const V factor = hn::Set(d, 0.9999f + *sink), term = hn::Set(d, 1e-4f);
    for (std::int64_t r = 0; r < rounds; ++r)
        for (int i = 0; i < kChains; ++i) sums[i] = hn::MulAdd(sums[i], factor, term);
    for (int i = 1; i < kChains; ++i) sums[0] = hn::Add(sums[0], sums[i]);
    *sink = hn::GetLane(sums[0]) * 1e-30f;
    return 2.0 * static_cast<double>(hn::Lanes(d)) * kChains * static_cast<double>(rounds);
}

}  // namespace tern::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::bench {
namespace {

HWY_EXPORT(multiply_adds);

constexpr int kRepeats = 7;

template <class F>
double best_rate(F amount_of_one_run) {
    using Clock = std::chrono::steady_clock;
    double best = 0;
    for (int i = 0; i < kRepeats; ++i) {
        const Clock::time_point start = Clock::now();
        const double amount = amount_of_one_run();
        best = std::max(best, amount / std::chrono::duration<double>(Clock::now() - start).count());
    }
    return best;
}

}  // namespace

Peaks measure_peaks() {
    const int threads = num_threads();
    std::vector<float> sinks(static_cast<std::size_t>(threads) * 16);
    std::vector<double> amounts(static_cast<std::size_t>(threads));
    Peaks peaks;
    // 10 ms a thread: in 2 ms, seven times, a second one sometimes never came to run, and the peak was half.
    peaks.flops = best_rate([&] {
        parallel_for(threads, 1, [&](std::int64_t t, std::int64_t) {
            amounts[static_cast<std::size_t>(t)] =
                HWY_DYNAMIC_DISPATCH(multiply_adds)(5'000'000, &sinks[static_cast<std::size_t>(t) * 16]);
        });
        double sum = 0;
        for (const double amount : amounts) sum += amount;
        return sum;
    });
    constexpr std::int64_t kBytes = std::int64_t{128} << 20;
    const Tensor from = Tensor::zeros({kBytes}, DType::uint8), to = Tensor::zeros({kBytes}, DType::uint8);
    peaks.bytes = best_rate([&] {
        parallel_for(kBytes, std::int64_t{1} << 20, [&](std::int64_t begin, std::int64_t end) {
            std::memcpy(to.raw_data() + begin, from.raw_data() + begin,
                        static_cast<std::size_t>(end - begin));
        });
        return 2.0 * kBytes;
    });
    return peaks;
}

}  // namespace tern::bench
#endif
