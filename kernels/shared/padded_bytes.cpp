#include "tern/kernels/shared/padded_bytes.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "tern/kernels/gemm/multiple.hpp"

namespace tern {

PaddedBand::PaddedBand(const Shape& images, const Window2d& windows, std::int64_t out_width,
                       std::int64_t multiple)
    : image(images),
      window(windows),
      channels(gemm::up_to_multiple(images[3], multiple)),
      width((out_width - 1) * windows.stride_w + windows.span_w()) {}

PaddedBytes PaddedBand::copy(const std::uint8_t* images, std::int64_t n, std::int64_t begin, std::int64_t end,
                             int zero) const {
    const std::int64_t row = width * channels, rows = (end - 1 - begin) * window.stride_h + window.span_h();
    thread_local std::vector<std::uint8_t> buffer;
    buffer.resize(std::max(buffer.size(), static_cast<std::size_t>(rows * row)));
    const std::int64_t left = std::min(window.pad_left, width);
    const std::int64_t inside = std::clamp<std::int64_t>(width - left, 0, image[2]);  // pixels of a row
    for (std::int64_t r = 0; r < rows; ++r) {
        std::uint8_t* const to = buffer.data() + r * row;
        const std::int64_t h = begin * window.stride_h - window.pad_top + r;
        if (h < 0 || h >= image[1]) {
            std::memset(to, zero, static_cast<std::size_t>(row));
            continue;
        }
        const std::uint8_t* const from = images + (n * image[1] + h) * image[2] * image[3];
        std::memset(to, zero, static_cast<std::size_t>(left * channels));
        if (channels == image[3])
            std::memcpy(to + left * channels, from, static_cast<std::size_t>(inside * channels));
        else
            for (std::int64_t w = 0; w < inside; ++w)
                std::memcpy(to + (left + w) * channels, from + w * image[3],
                            static_cast<std::size_t>(image[3]));
        std::memset(to + (left + inside) * channels, zero,
                    static_cast<std::size_t>((width - left - inside) * channels));
    }
    return {buffer.data(), channels, row};
}

}  // namespace tern
