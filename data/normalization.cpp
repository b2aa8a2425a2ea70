#include "tern/data/normalization.hpp"

#include <cmath>

#include "tern/data/channel_statistics.hpp"

namespace tern {
namespace {

Tensor factors(const std::array<double, 3>& values, DType precision, Device device) {
    const Tensor exact = Tensor::from({3}, std::span<const double>(values));
    if (precision == DType::float64) return exact.to(device);
    std::array<float, 3> rounded{};
    for (std::size_t c = 0; c < 3; ++c) rounded[c] = static_cast<float>(values[c]);
    return Tensor::from({3}, std::span<const float>(rounded)).to(device);
}

Normalization from_dataset(const Dataset& train) {
    const ChannelStatistics statistics = channel_statistics(train.images);
    Normalization result{"dataset", {}, {}};
    for (std::size_t c = 0; c < 3; ++c) {
        const double mean = statistics.mean[c], variance = statistics.variance[c];
        // One level of 255 on one pixel in a thousand is far above what rounding leaves of zero.
        TERN_CHECK(variance > 1e-6, train.source, "channel ", c,
                   " has one colour everywhere, so the set has no deviation to normalise by");
        result.scale[c] = 1 / std::sqrt(variance);
        result.shift[c] = -mean / std::sqrt(variance);
    }
    return result;
}

}  // namespace

Tensor Normalization::scale_tensor(DType precision, Device device) const {
    return factors(scale, precision, device);
}

Tensor Normalization::shift_tensor(DType precision, Device device) const {
    return factors(shift, precision, device);
}

Normalization make_normalization(std::string_view name, const Dataset& train) {
    if (name == "unit") return {};
    if (name == "half") return {"half", {2.0 / 255, 2.0 / 255, 2.0 / 255}, {-1, -1, -1}};
    if (name == "dataset") return from_dataset(train);
    fail("normalize", '"', name, "\" is none of unit, half, dataset");
}

}  // namespace tern
