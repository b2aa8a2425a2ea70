#include <algorithm>
#include <cmath>
#include <vector>

#include "tern/data/image.hpp"
#include "tern/data/pixels.hpp"

namespace tern {
namespace {

constexpr int kBits = 22;  // of the weights: 255 times their sum still fits into 32

// The old pixels that make up a new one, from `first` on.
struct Taps {
    std::int64_t first = 0;
    std::vector<std::int32_t> weights;
};

Taps make_taps(std::int64_t from, std::int64_t to, std::int64_t pixel) {
    const double scale = static_cast<double>(from) / static_cast<double>(to), reach = std::max(scale, 1.0);
    const double centre = (static_cast<double>(pixel) + 0.5) * scale;
    Taps taps;
    taps.first = std::max<std::int64_t>(static_cast<std::int64_t>(centre - reach + 0.5), 0);
    const std::int64_t end = std::min(static_cast<std::int64_t>(centre + reach + 0.5), from);
    std::vector<double> shares;
    double sum = 0;
    for (std::int64_t i = taps.first; i < end; ++i) {
        const double distance = (static_cast<double>(i) - centre + 0.5) * (1 / reach);
        shares.push_back(std::max(1 - std::abs(distance), 0.0));
        sum += shares.back();
    }
    for (const double share : shares)
        taps.weights.push_back(static_cast<std::int32_t>(0.5 + share / sum * (1 << kBits)));
    return taps;
}

// The `size` pixels in the middle of `to`; of an odd number of pixels left over torchvision cuts the last off
// in the half of the cases in which Python rounds a half down.
std::vector<Taps> middle_taps(std::int64_t from, std::int64_t to, std::int64_t size) {
    const std::int64_t spare = to - size, offset = (spare + spare / 2 % 2) / 2;
    std::vector<Taps> taps;
    for (std::int64_t i = 0; i < size; ++i) taps.push_back(make_taps(from, to, offset + i));
    return taps;
}

// How to walk over pixels: along the axis that is scaled, and across.
struct Steps {
    std::int64_t along, across;
};

void resample(const std::uint8_t* from, Steps from_steps, const std::vector<Taps>& taps, std::int64_t lines,
              std::uint8_t* to, Steps to_steps) {
    for (std::int64_t line = 0; line < lines; ++line)
        for (std::size_t pixel = 0; pixel < taps.size(); ++pixel)
            for (std::int64_t c = 0; c < 3; ++c) {
                const std::uint8_t* old =
                    from + line * from_steps.across + taps[pixel].first * from_steps.along + c;
                std::int32_t sum = 1 << (kBits - 1);
                for (const std::int32_t weight : taps[pixel].weights) {
                    sum += *old * weight;
                    old += from_steps.along;
                }
                to[line * to_steps.across + static_cast<std::int64_t>(pixel) * to_steps.along + c] =
                    static_cast<std::uint8_t>(std::min(sum >> kBits, 255));
            }
}

}  // namespace

Tensor fit_image(const Tensor& image, std::int64_t size) {
    TERN_CHECK(
        image.rank() == 3 && image.dim(2) == 3 && image.numel() > 0 && image.numel() / 3 <= kMostPixels,
        "fit_image", "takes (H, W, 3) of 1 to ", kMostPixels, " pixels, got ", image.shape());
    check_pixels("fit_image", image);
    TERN_CHECK(size >= 1 && size <= 8192, "fit_image", "the size must be 1 to 8192, got ", size);
    const std::int64_t height = image.dim(0), width = image.dim(1), shorter = std::min(height, width);
    const std::vector<Taps> columns = middle_taps(width, size * width / shorter, size);
    std::vector<Taps> rows = middle_taps(height, size * height / shorter, size);

    // Only the rows that the middle is made of.
    const std::int64_t first = rows.front().first;
    const std::int64_t count =
        rows.back().first + static_cast<std::int64_t>(rows.back().weights.size()) - first;
    for (Taps& taps : rows) taps.first -= first;
    std::vector<std::uint8_t> narrow(static_cast<std::size_t>(count * size * 3));
    const Tensor result = Tensor::empty({size, size, 3}, DType::uint8);
    resample(image.data<std::uint8_t>() + first * width * 3, {3, width * 3}, columns, count, narrow.data(),
             {3, size * 3});
    resample(narrow.data(), {size * 3, 3}, rows, size, result.data<std::uint8_t>(), {size * 3, 3});
    return result;
}

Tensor grey_image(const Tensor& image) {
    TERN_CHECK(image.rank() == 3 && image.dim(2) == 3, "grey_image", "takes (H, W, 3), got ", image.shape());
    check_pixels("grey_image", image);
    const Tensor grey = Tensor::empty({image.dim(0), image.dim(1), 1}, DType::uint8);
    const std::uint8_t* from = image.data<std::uint8_t>();
    for (std::uint8_t& pixel : grey.elements<std::uint8_t>()) {
        pixel =
            static_cast<std::uint8_t>((19595 * from[0] + 38470 * from[1] + 7471 * from[2] + 0x8000) >> 16);
        from += 3;
    }
    return grey;
}

}  // namespace tern
