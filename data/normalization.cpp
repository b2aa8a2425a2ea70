#include "tern/data/normalization.hpp"

#include <cmath>

#include "tern/data/channel_statistics.hpp"

namespace tern {
namespace {

Tensor factors(const std::vector<double>& values, const Shape& shape, DType precision, Device device) {
    if (precision == DType::float64) return Tensor::from(shape, values).to(device);
    const std::vector<float> rounded(values.begin(), values.end());
    return Tensor::from(shape, rounded).to(device);
}

void add_factors(Normalization& normalization, double mean, double variance) {
    normalization.scale.push_back(1 / std::sqrt(variance));
    normalization.shift.push_back(-mean / std::sqrt(variance));
}

Normalization of_images(const Dataset& train, const Tensor& chosen) {
    const auto [mean, variance] = channel_statistics(train, chosen);
    Normalization result{"dataset"};
    for (std::size_t c = 0; c < mean.size(); ++c) {
        // One level of 255 on one pixel in a thousand is far above what rounding leaves of zero.
        TERN_CHECK(variance[c] > 1e-6, train.source, "channel ", c,
                   " has one colour everywhere, so the set has no deviation to normalise by");
        add_factors(result, mean[c], variance[c]);
    }
    return result;
}

Normalization of_features(const Dataset& train, const Tensor& chosen) {
    const auto [mean, variance] = channel_statistics(train, chosen);
    Normalization result{"dataset"};
    // Sums of distances that are all 0 are 0.
    for (std::size_t c = 0; c < mean.size(); ++c)
        add_factors(result, mean[c], variance[c] > 0 ? variance[c] : 1);
    return result;
}

}  // namespace

Tensor Normalization::scale_tensor(const Shape& shape, DType precision, Device device) const {
    if (scale.empty()) return Tensor::full(shape, 1, compute_dtype(precision), device);
    return factors(scale, shape, precision, device);
}

Tensor Normalization::shift_tensor(const Shape& shape, DType precision, Device device) const {
    if (shift.empty()) return Tensor::zeros(shape, compute_dtype(precision), device);
    return factors(shift, shape, precision, device);
}

Normalization fixed_normalization(std::string_view name, std::int64_t channels) {
    const auto count = static_cast<std::size_t>(channels);
    const auto all = [&](double scale, double shift) {
        return Normalization{std::string(name), std::vector(count, scale), std::vector(count, shift)};
    };
    if (name == "unit") return all(1.0 / 255, 0);
    if (name == "half") return all(2.0 / 255, -1);
    fail("normalize", '"', name, "\" is none of unit, half");
}

Normalization make_normalization(std::string_view name, const Dataset& train, const Tensor& chosen) {
    if (!train.has_images()) {
        if (name == "none") return {};
        if (name == "dataset") return of_features(train, chosen);
        fail("normalize", '"', name, "\" is none of none, dataset, which features take");
    }
    if (name == "dataset") return of_images(train, chosen);
    TERN_CHECK(name == "unit" || name == "half", "normalize", '"', name, "\" is none of unit, half, dataset");
    return fixed_normalization(name, train.sample_shape()[2]);
}

}  // namespace tern
