// The window of a convolution or pool, in the words of its layer's options.
#pragma once

#include <cstdint>

#include "tern/kernels/shared/window.hpp"

namespace tern {

/// Height and width: `3` for both, or `{3, 5}`. There is no default: options need their kernel.
struct Size2d {
    std::int64_t height, width;

    constexpr Size2d(std::int64_t both)  // NOLINT(google-explicit-constructor)
        : Size2d(both, both) {}
    constexpr Size2d(std::int64_t rows, std::int64_t columns) : height(rows), width(columns) {}
};

/// TensorFlow's "same" padding, for the size of whatever image comes: see Window2d::same().
struct SamePadding {};
inline constexpr SamePadding kSame{};

/// Zeros around an image: `1` on all sides; `{1, 2}` above and below, left and right; `{{0, 1}, {2, 3}}` before
/// and after, as for pad(); or kSame.
struct Padding2d {
    struct Sides {
        std::int64_t before, after;
    };

    Sides rows, columns;
    bool is_same = false;

    constexpr Padding2d(std::int64_t all)  // NOLINT(google-explicit-constructor)
        : Padding2d(all, all) {}
    constexpr Padding2d(std::int64_t vertical, std::int64_t horizontal)
        : Padding2d(Sides{vertical, vertical}, Sides{horizontal, horizontal}) {}
    constexpr Padding2d(const Sides& vertical, const Sides& horizontal)
        : rows(vertical), columns(horizontal) {}
    constexpr Padding2d(SamePadding)  // NOLINT(google-explicit-constructor)
        : Padding2d(0) {
        is_same = true;
    }
};

/// What a layer makes of its options: a Window2d, whose padding may follow the image.
struct SlidingWindow {
    Window2d window;
    bool is_same;

    /// Throws Error in the name of `layer` for a field out of range.
    SlidingWindow(const char* layer, const Size2d& kernel, const Size2d& stride, const Padding2d& padding,
                  const Size2d& dilation);
    /// The window with the padding for an image (N, H, W, C).
    Window2d at(const Shape& image) const;
};

}  // namespace tern
