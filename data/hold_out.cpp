#include "tern/data/hold_out.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tern/core/error.hpp"
#include "tern/core/random.hpp"

namespace tern {
namespace {

// The import of images draws its tests with 0.
constexpr std::uint32_t kStream = 1;

std::vector<std::int64_t> counts_of(std::span<const std::int32_t> labels, std::int64_t classes) {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(classes));
    for (const std::int32_t label : labels) ++counts[static_cast<std::size_t>(label)];
    return counts;
}

std::int64_t share_of(std::int64_t count, double share) {
    return std::llround(share * static_cast<double>(count));
}

// Which samples are held out. `strata`: of each sample, the number of its own; empty: all are in one.
std::vector<bool> draw(std::int64_t samples, std::span<const std::int32_t> strata,
                       std::vector<std::int64_t> quotas, std::uint64_t seed) {
    const RandomStream stream{seed, RandomPurpose::split, kStream};
    std::vector<std::pair<std::uint64_t, std::size_t>> order;
    order.reserve(static_cast<std::size_t>(samples));
    for (std::size_t i = 0; i < static_cast<std::size_t>(samples); ++i)
        order.emplace_back(stream.bits64(i), i);
    std::ranges::sort(order);
    std::vector<bool> drawn(order.size());
    for (const auto& [key, i] : order) {
        std::int64_t& quota = quotas[strata.empty() ? 0 : static_cast<std::size_t>(strata[i])];
        drawn[i] = quota-- > 0;
    }
    return drawn;
}

Tensor numbers_of(const std::vector<bool>& drawn, bool wanted) {
    std::vector<std::int32_t> numbers;
    for (std::size_t i = 0; i < drawn.size(); ++i)
        if (drawn[i] == wanted) numbers.push_back(static_cast<std::int32_t>(i));
    return Tensor::from({std::ssize(numbers)}, numbers);
}

void check_parts(const Dataset& dataset, const std::vector<bool>& drawn, double share) {
    const std::span<const std::int32_t> labels = dataset.targets.elements<std::int32_t>();
    const std::vector<std::int64_t> counts = counts_of(labels, dataset.class_count());
    std::vector<std::int64_t> held(counts.size());
    for (std::size_t i = 0; i < drawn.size(); ++i)
        if (drawn[i]) ++held[static_cast<std::size_t>(labels[i])];
    for (std::size_t k = 0; k < counts.size(); ++k)
        TERN_CHECK(counts[k] == 0 || (held[k] > 0 && held[k] < counts[k]), dataset.source, "a share of ",
                   share, " held out leaves class ", dataset.classes[k], " no sample to ",
                   held[k] == 0 ? "validate" : "train", " on, it has ", counts[k]);
}

}  // namespace

HeldOut hold_out(const Dataset& dataset, const HoldOutOptions& options) {
    check_dataset("hold_out", dataset);
    const double share = options.share;
    TERN_CHECK(share > 0 && share < 1, "hold_out", "the share must be above 0 and below 1, got ", share);
    const std::int64_t samples = dataset.size();
    TERN_CHECK(samples <= std::numeric_limits<std::int32_t>::max(), "hold_out", "a set of ", samples,
               " samples, expected at most 2^31 - 1");
    const bool labelled = dataset.has_labels();
    TERN_CHECK(labelled || !options.stratified, dataset.source,
               "strata are of classes, and its targets are numbers");
    std::span<const std::int32_t> strata;
    std::vector<std::int64_t> quotas{share_of(samples, share)};
    if (options.stratified) {
        strata = dataset.targets.elements<std::int32_t>();
        quotas = counts_of(strata, dataset.class_count());
        for (std::int64_t& count : quotas) count = share_of(count, share);
    }
    const std::vector<bool> drawn = draw(samples, strata, std::move(quotas), options.seed);
    const HeldOut parts{numbers_of(drawn, false), numbers_of(drawn, true)};
    TERN_CHECK(parts.train.numel() > 0 && parts.validation.numel() > 0, dataset.source, "a share of ", share,
               " held out leaves no sample to ", parts.train.numel() > 0 ? "validate" : "train",
               " on, there are ", samples);
    if (labelled) check_parts(dataset, drawn, share);
    return parts;
}

}  // namespace tern
