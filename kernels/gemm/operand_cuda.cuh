// The two factors of a matrix product as kernels read them, C (outer of A, outer of B) = A B over a common
// depth. An operand says where an element lies, or that it is a zero outside; neighbours in memory follow the
// depth or the outer index.
#pragma once

#include <algorithm>
#include <type_traits>

#include "tern/core/cuda/device/divisor.hpp"
#include "tern/core/cuda/launch.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern::gemm {

/// A row-major matrix, (outers, depth) if `along_depth`, else (depth, outers); `pitch` from row to row. Group
/// g starts `group_step` elements later than the one before.
template <class T, bool along_depth>
struct MatrixOperand {
    using Element = T;
    static constexpr bool kAlongDepth = along_depth;
    /// What is known of an outer index alone: found once, used for all depths.
    struct Place {
        int start;  // -1: outside
    };

    const T* data;
    int outers, depth, pitch, group_step = 0;

    __device__ void select_group(int group) { data += group * group_step; }
    __device__ Place place(int outer) const {
        return {outer < outers ? (along_depth ? outer * pitch : outer) : -1};
    }
    /// The element's offset in `data`; -1 for a zero outside.
    __device__ int at(Place place, int k) const {
        const bool inside = place.start >= 0 && k < depth;
        return inside ? place.start + (along_depth ? k : k * pitch) : -1;
    }
};

/// Which pixels of an image (N, H, W, C) the windows of a convolution read. The windows lie on a grid (N, GH,
/// GW), and tap (kh, kw) of window (gh, gw) reads row gh * step_h + kh * tap_h + offset_h, and so the
/// columns; with a stride, only if the stride divides that number, and then the quotient.
struct Windows {
    int height, width;    // of the image
    int channels, pitch;  // of a group, of all groups
    int pixels, taps;     // of the grid, of a window
    int step_h, step_w, tap_h, tap_w, offset_h, offset_w;
    bool strided;
    cuda::Divisor by_stride_h, by_stride_w, by_grid_h, by_grid_w, by_channels, by_kernel_w;

    /// The windows of the outputs y of a convolution, over x.
    static Windows forward(const Shape& x, const Shape& y, const Window2d& w, std::int64_t groups) {
        Windows windows = over(x, y, w, groups);
        windows.step_h = static_cast<int>(w.stride_h);
        windows.step_w = static_cast<int>(w.stride_w);
        windows.tap_h = static_cast<int>(w.dilation_h);
        windows.tap_w = static_cast<int>(w.dilation_w);
        windows.offset_h = -static_cast<int>(w.pad_top);
        windows.offset_w = -static_cast<int>(w.pad_left);
        return windows;
    }

    /// The other way round: each pixel of x, over the outputs that have read it.
    static Windows backward(const Shape& x, const Shape& y, const Window2d& w, std::int64_t groups) {
        Windows windows = over(y, x, w, groups);
        windows.step_h = windows.step_w = 1;
        windows.tap_h = -static_cast<int>(w.dilation_h);
        windows.tap_w = -static_cast<int>(w.dilation_w);
        windows.offset_h = static_cast<int>(w.pad_top);
        windows.offset_w = static_cast<int>(w.pad_left);
        windows.strided = w.stride_h > 1 || w.stride_w > 1;
        windows.by_stride_h = cuda::Divisor(static_cast<int>(w.stride_h));
        windows.by_stride_w = cuda::Divisor(static_cast<int>(w.stride_w));
        return windows;
    }

  private:
    static Windows over(const Shape& image, const Shape& grid, const Window2d& w, std::int64_t groups) {
        const auto by = [](std::int64_t n) { return cuda::Divisor(std::max(1, static_cast<int>(n))); };
        Windows windows{};
        windows.height = static_cast<int>(image[1]);
        windows.width = static_cast<int>(image[2]);
        windows.pitch = static_cast<int>(image[3]);
        windows.channels = static_cast<int>(image[3] / groups);
        windows.pixels = static_cast<int>(grid[0] * grid[1] * grid[2]);
        windows.taps = static_cast<int>(w.kernel_h * w.kernel_w);
        windows.by_grid_h = by(grid[1]);
        windows.by_grid_w = by(grid[2]);
        windows.by_channels = by(windows.channels);
        windows.by_kernel_w = by(w.kernel_w);
        return windows;
    }
};

/// The matrix (pixels of the grid, taps * channels) of what each window reads, never stored; taps are the
/// slower part of the second index. The grid is the outer index if `along_depth`, else the depth.
template <class T, bool along_depth>
struct WindowOperand {
    using Element = T;
    static constexpr bool kAlongDepth = along_depth;
    struct Pixel {
        int image, row, column;  // pixels before its image (-1: outside), where its window starts
    };
    struct Entry {
        int channel, row, column;  // -1: outside; where its tap lies in the window
    };

    const T* data;
    Windows windows;

    __device__ void select_group(int group) { data += group * windows.channels; }
    __device__ auto place(int outer) const {
        if constexpr (along_depth)
            return pixel(outer);
        else
            return entry(outer);
    }
    using Place = std::conditional_t<along_depth, Pixel, Entry>;
    __device__ int at(Place place, int k) const {
        if constexpr (along_depth)
            return read(place, entry(k));
        else
            return read(pixel(k), place);
    }

  private:
    // No branches here, so that what several elements have in common is computed once.
    __device__ Pixel pixel(int i) const {
        const bool inside = i < windows.pixels;
        const int n = inside ? i : 0;
        const int line = windows.by_grid_w.quotient(n), column = n - line * windows.by_grid_w.divisor();
        const int image = windows.by_grid_h.quotient(line), row = line - image * windows.by_grid_h.divisor();
        return {inside ? image * windows.height * windows.width : -1, row * windows.step_h + windows.offset_h,
                column * windows.step_w + windows.offset_w};
    }
    __device__ Entry entry(int i) const {
        const bool inside = i < windows.taps * windows.channels;
        const int n = inside ? i : 0;
        const int tap = windows.by_channels.quotient(n);
        const int kh = windows.by_kernel_w.quotient(tap), kw = tap - kh * windows.by_kernel_w.divisor();
        return {inside ? n - tap * windows.by_channels.divisor() : -1, kh * windows.tap_h,
                kw * windows.tap_w};
    }
    __device__ int read(Pixel pixel, Entry entry) const {
        int row = pixel.row + entry.row, column = pixel.column + entry.column;
        bool inside = (pixel.image | entry.channel) >= 0;  // -1 is outside, of both
        if (windows.strided) {
            inside = inside && row >= 0 && column >= 0;
            const int from_h = windows.by_stride_h.quotient(inside ? row : 0);
            const int from_w = windows.by_stride_w.quotient(inside ? column : 0);
            inside = inside && from_h * windows.by_stride_h.divisor() == row &&
                     from_w * windows.by_stride_w.divisor() == column;
            row = from_h;
            column = from_w;
        }
        inside = inside && static_cast<unsigned>(row) < static_cast<unsigned>(windows.height) &&
                 static_cast<unsigned>(column) < static_cast<unsigned>(windows.width);
        return inside ? (pixel.image + row * windows.width + column) * windows.pitch + entry.channel : -1;
    }
};

/// Which packs of V elements of a tile of `outers` by `depth` a thread copies: those beside each other in memory go to neighbouring
/// threads.
template <class Operand, int V, int outers, int depth, int threads>
struct TileShare {
    static constexpr bool kAlong = Operand::kAlongDepth;
    static constexpr int kPerLine = (kAlong ? depth : outers) / V;  // packs that lie side by side
    static constexpr int kLines = threads / kPerLine;               // lines that all threads copy at once
    static constexpr int kSlots = (kAlong ? outers : depth) / kLines;
    static_assert(kLines * kPerLine == threads && kSlots >= 1);

    static __device__ int side() { return static_cast<int>(threadIdx.x) % kPerLine * V; }
    static __device__ int line(int slot) { return static_cast<int>(threadIdx.x) / kPerLine + slot * kLines; }
    static __device__ int outer(int slot) { return kAlong ? line(slot) : side(); }
    static __device__ int step(int slot) { return kAlong ? side() : line(slot); }

    /// Where the operand has a slot's pack; -1 for zeros outside.
    static __device__ __forceinline__ int offset(const Operand& operand, int first_outer, int first_step,
                                                 int slot) {
        return operand.at(operand.place(first_outer + outer(slot)), first_step + step(slot));
    }
};

}  // namespace tern::gemm
