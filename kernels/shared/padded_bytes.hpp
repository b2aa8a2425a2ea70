// Rows of an image of bytes with what a window reads beside it.
#pragma once

#include <cstdint>

#include "tern/core/shape.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern {

/// What the windows of some rows of outputs read, in a buffer of this thread.
struct PaddedBytes {
    const std::uint8_t* data;    // what the first window's first tap reads
    std::int64_t channels, row;  // distances of pixels and rows in it
};

/// The same distances for every band of an operation.
struct PaddedBand {
    Shape image;  // (N, H, W, C)
    Window2d window;
    std::int64_t channels, width;  // C filled up, pixels in a row

    /// For outputs of that width, with channels filled up to a multiple of so many.
    PaddedBand(const Shape& image, const Window2d& window, std::int64_t out_width, std::int64_t multiple);

    /// Copies what output rows [begin, end) of image n read; outside of it `zero`. Beyond the last channel there are
    /// any bytes. The buffer is the thread's: the next call takes it again.
    PaddedBytes copy(const std::uint8_t* images, std::int64_t n, std::int64_t begin, std::int64_t end,
                     int zero) const;
};

}  // namespace tern
