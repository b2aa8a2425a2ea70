#include "tern/data/normalization.hpp"

#include <cmath>

#include "tern/core/parallel.hpp"

namespace tern {
namespace {

Tensor factors(const std::array<double, 3>& values, DType precision, Device device) {
    const Tensor exact = Tensor::from({3}, std::span<const double>(values));
    if (precision == DType::float64) return exact.to(device);
    std::array<float, 3> rounded{};
    for (std::size_t c = 0; c < 3; ++c) rounded[c] = static_cast<float>(values[c]);
    return Tensor::from({3}, std::span<const float>(rounded)).to(device);
}

struct Sums {
    std::array<std::uint64_t, 3> pixels{}, squares{};
};

// Whole numbers: exact for up to 2^64 / 255^2 pixels, so their order does not matter.
Sums sum_pixels(const Tensor& images) {
    const std::int64_t cells = images.dim(2) * images.dim(3);
    constexpr std::int64_t kChunk = 256;
    std::vector<Sums> partial(static_cast<std::size_t>((images.dim(0) + kChunk - 1) / kChunk));
    parallel_chunks(images.dim(0), kChunk, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
        Sums& sums = partial[static_cast<std::size_t>(chunk)];
        const std::uint8_t* pixel = images.data<std::uint8_t>() + begin * 3 * cells;
        for (std::int64_t plane = 3 * begin; plane < 3 * end; ++plane)
            for (std::int64_t i = 0; i < cells; ++i, ++pixel) {
                const std::uint64_t value = *pixel;
                sums.pixels[static_cast<std::size_t>(plane % 3)] += value;
                sums.squares[static_cast<std::size_t>(plane % 3)] += value * value;
            }
    });
    Sums total;
    for (const Sums& sums : partial)
        for (std::size_t c = 0; c < 3; ++c) {
            total.pixels[c] += sums.pixels[c];
            total.squares[c] += sums.squares[c];
        }
    return total;
}

Normalization from_dataset(const Dataset& train) {
    const Sums sums = sum_pixels(train.images);
    const auto count = static_cast<double>(train.images.numel() / 3);
    Normalization result{"dataset", {}, {}};
    for (std::size_t c = 0; c < 3; ++c) {
        const double mean = static_cast<double>(sums.pixels[c]) / count;
        const double variance = static_cast<double>(sums.squares[c]) / count - mean * mean;
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
