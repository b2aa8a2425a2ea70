// Winograd's F(4x4, 3x3) in two dimensions (Lavin, Gray: "Fast Algorithms for Convolutional Neural Networks",
// 2016): the 4x4 outputs of a tile are polynomials' products, found from their values at six points per
// dimension. Per channel and output that takes 36 multiplications where the sum of products takes 144.
//
//   Y = A^T [(G g G^T) * (B^T d B)] A      g: 3x3 weights, d: the 6x6 pixels that the tile reads
//
// and its gradient for the weights, with dY the tile's 4x4 pixels:
//
//   dg = G^T [(B^T d B) * (A dY A^T)] G
//
// The points are 0, +-1/sqrt(2), +-sqrt(2) and infinity. Rounding errors grow with the rows of |A^T| times
// those of |G| and |B^T| (Barabasz, Anderson, Soodhalter, Gregg: "Error Analysis and Improving the Accuracy
// of Winograd Convolution for Deep Neural Networks", 2018): at most 24.9 per dimension for these points, 48
// for the usual 0, +-1, +-2. On random numbers the error is twice that of the plain sums, with the usual
// points four times.
#pragma once

#include <cstdint>

namespace tern::winograd {

inline constexpr std::int64_t kOutputs = 4;                    // of a tile, per dimension
inline constexpr std::int64_t kTaps = 3;                       // of the filter
inline constexpr std::int64_t kInputs = kOutputs + kTaps - 1;  // that a tile reads
inline constexpr std::int64_t kPositions = kInputs * kInputs;  // of which each is a matrix product of its own

/// A square of pixels of an NHWC image from (top, left) on. Those outside the image are read as zeros and not
/// written.
template <class T>
struct Pixels {
    T* image;
    std::int64_t height, width, channels, top, left;

    bool inside(std::int64_t size) const {
        return top >= 0 && left >= 0 && top + size <= height && left + size <= width;
    }
};

/// Where the numbers of one tile stand: channel c of a position is at data[position * position_stride + c /
/// kPanelColumns * panel_stride + c % kPanelColumns].
template <class T>
struct Transformed {
    T* data;
    std::int64_t position_stride, panel_stride;
};

/// B^T d B of a tile's 6x6 pixels.
void transform_input(const Pixels<const float>& pixels, const Transformed<float>& to);

/// A dY A^T of a tile's 4x4 pixels.
void transform_gradient(const Pixels<const float>& pixels, const Transformed<float>& to);

/// A^T m A plus bias, the 4x4 pixels of a tile. bias: may be null.
void transform_output(const Transformed<const float>& products, const float* bias,
                      const Pixels<float>& pixels);

/// Weights of `rows` channels for up to kPanelColumns outputs: tap t at data[row * row_stride + column *
/// column_stride + t], or from the last to the first where `flipped`.
struct Filters {
    const float* data;
    std::int64_t rows, columns, row_stride, column_stride;
    bool flipped;
};

/// G g G^T as a panel (rows, kPanelColumns) per position, with zeros beyond the last column.
void transform_weights(const Filters& filters, float* panels, std::int64_t position_stride);

/// G^T m G of `columns` numbers of each position: tap t of column j to data[t * tap_stride + j].
void transform_sums(const Transformed<const float>& sums, std::int64_t columns, float* taps,
                    std::int64_t tap_stride);

}  // namespace tern::winograd
