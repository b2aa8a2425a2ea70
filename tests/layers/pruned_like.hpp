// Models whose channels give zeros, to be pruned of just those.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "tern/core/random.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/layers/evaluation_scope.hpp"
#include "tern/layers/prune/channel_groups.hpp"
#include "tern/layers/prune/prune_model.hpp"
#include "tern/layers/trace/trace.hpp"
#include "tern/tests/catch.hpp"

namespace tern::test {

inline void scale_along(const Tensor& tensor, int axis, std::int64_t index, double factor) {
    std::int64_t inner = 1;
    for (int d = axis + 1; d < tensor.rank(); ++d) inner *= tensor.dim(d);
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
        if (i / inner % tensor.dim(axis) == index) tensor.data<double>()[i] *= factor;
}

/// Of a float64 model: half of each group's channels, at random, have weights, shifts, scales and statistics of 0, so that what
/// they give is 0; what reads them keeps a thousandth of its weights, so that they are the least important ones, and counts in
/// where it should not.
inline void silence_half(Module& model, const Shape& sample, std::uint64_t seed) {
    const NamedTensors state = model.state();
    const RandomStream random{seed, RandomPurpose::user, 0};
    std::uint64_t draws = 0;
    for (const ChannelGroup& group : channel_groups(trace(model, sample), state)) {
        std::vector<std::size_t> order(group.channels.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        for (std::size_t i = order.size(); i > 1; --i)
            std::swap(order[i - 1],
                      order[static_cast<std::size_t>(random.uniform(draws++) * static_cast<double>(i))]);
        order.resize(order.size() / 2);  // what rate 0.5 takes
        for (const std::size_t c : order)
            for (const Position& at : group.channels[c])
                scale_along(state[at.tensor].tensor, at.axis, at.index, at.axis == 0 ? 0 : 1.0 / 1024);
    }
}

/// Prunes a float64 model of half of its channels, which are silent, and compares what it computes. Both runs add the same terms in
/// another order, one of them with zeros among them: of sums of at most 12,000 terms, 60 of them one behind the other, that is
/// 2 * 12,000 * 60 * 2^-53 = 1.6e-10 of the sums of absolute values, which may be some times the results.
inline std::vector<PrunedGroup> check_silent_half_goes(Module& model, const Shape& sample,
                                                       std::uint64_t seed) {
    silence_half(model, sample, seed);
    std::vector<std::int64_t> extents{2};
    extents.insert(extents.end(), sample.begin(), sample.end());
    const Tensor input = cases::make_tensor({Shape(extents), -1, 1}, DType::float64, seed);
    const std::vector<double> before = cases::to_doubles(evaluated(model, input));
    const std::int64_t parameters = model.parameter_count();
    std::vector<PrunedGroup> groups = prune_model(model, sample, {.rate = 0.5, .multiple = 1});
    CHECK(model.parameter_count() < parameters);
    const std::vector<double> after = cases::to_doubles(evaluated(model, input));
    REQUIRE(after.size() == before.size());
    double largest = 0, difference = 0;
    for (std::size_t i = 0; i < after.size(); ++i) {
        largest = std::max(largest, std::fabs(before[i]));
        if (!(std::fabs(after[i] - before[i]) <= difference)) difference = std::fabs(after[i] - before[i]);
    }
    CHECK(largest > 0);
    CHECK(difference <= 1e-9 * largest);
    return groups;
}

}  // namespace tern::test
