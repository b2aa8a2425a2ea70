#include "tern/data/channel_statistics.hpp"

#include <vector>

#include "tern/core/threads/parallel.hpp"
#include "tern/data/pixels.hpp"

namespace tern {
namespace {

struct PixelSums {
    std::array<std::uint64_t, 3> pixels{}, squares{};
};

// Whole numbers: exact for up to 2^64 / 255^2 pixels, so their order does not matter.
PixelSums sum_pixels(const Tensor& images) {
    const std::int64_t pixels = images.dim(2) * images.dim(3);
    constexpr std::int64_t kChunk = 256;
    std::vector<PixelSums> partial(static_cast<std::size_t>((images.dim(0) + kChunk - 1) / kChunk));
    parallel_chunks(images.dim(0), kChunk, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
        PixelSums& sums = partial[static_cast<std::size_t>(chunk)];
        const std::uint8_t* pixel = images.data<std::uint8_t>() + begin * 3 * pixels;
        for (std::int64_t plane = 3 * begin; plane < 3 * end; ++plane)
            for (std::int64_t i = 0; i < pixels; ++i, ++pixel) {
                const std::uint64_t value = *pixel;
                sums.pixels[static_cast<std::size_t>(plane % 3)] += value;
                sums.squares[static_cast<std::size_t>(plane % 3)] += value * value;
            }
    });
    PixelSums total;
    for (const PixelSums& sums : partial)
        for (std::size_t c = 0; c < 3; ++c) {
            total.pixels[c] += sums.pixels[c];
            total.squares[c] += sums.squares[c];
        }
    return total;
}

}  // namespace

ChannelStatistics channel_statistics(const Tensor& images) {
    TERN_CHECK(images.rank() == 4 && images.dim(1) == 3 && images.numel() > 0, "channel_statistics",
               "takes (R, 3, H, W) of at least one pixel, got ", images.shape());
    check_pixels("channel_statistics", images);
    const PixelSums sums = sum_pixels(images);
    const auto count = static_cast<double>(images.numel() / 3);
    ChannelStatistics statistics;
    for (std::size_t c = 0; c < 3; ++c) {
        const double mean = static_cast<double>(sums.pixels[c]) / count;
        statistics.mean[c] = mean;
        statistics.variance[c] = static_cast<double>(sums.squares[c]) / count - mean * mean;
    }
    return statistics;
}

}  // namespace tern
