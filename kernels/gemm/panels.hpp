// Matrices copied into the order in which the register tile reads them.
#pragma once

#include <algorithm>

#include "tern/kernels/gemm/gemm.hpp"
#include "tern/kernels/gemm/tile.hpp"

namespace tern::gemm {

/// Elements of a matrix of that size as panels.
constexpr std::int64_t panels_size(std::int64_t rows, std::int64_t columns) {
    return rows * ((columns + kPanelColumns - 1) / kPanelColumns) * kPanelColumns;
}

/// Panel after panel of (rows, kPanelColumns), with zeros beyond the last column; `panel_stride` elements
/// from panel to panel.
void pack_panels(const Matrix& matrix, float* panels, std::int64_t panel_stride);

/// Whether the tile can read a matrix as it is.
inline bool readable_in_place(const Matrix& b) {
    return b.column_stride == 1 && b.columns % kPanelColumns == 0;
}

/// Points the block at B: as it lies where the tile can read that, else packed into `buffer()`, panels_size()
/// elements. Returns whether it is the former.
template <class Buffer>
bool set_columns(Block& block, const Matrix& b, Buffer buffer) {
    block.b = b.data;
    block.b_row = b.row_stride;
    block.b_panel = kPanelColumns;
    if (readable_in_place(b)) return true;
    float* const panels = buffer();
    block.b = panels;
    block.b_row = kPanelColumns;
    block.b_panel = b.rows * kPanelColumns;
    pack_panels(b, panels, block.b_panel);
    return false;
}

/// The product of all of A, with nothing said of B and of what the sums start from.
Block block_of(const Matrix& a, std::int64_t columns, float* c, std::int64_t c_row);

/// Terms of a block where there are very many: with 32 in place of 64, reading and writing the sums took a
/// tenth of the time of a 64-64 product.
inline constexpr std::int64_t kStepTerms = 64;

/// A buffer of this thread, kept between calls; what it held is lost. Work inside parallel_for uses it
/// because the step arena belongs to the thread that runs the step.
float* thread_buffer(std::int64_t size);

}  // namespace tern::gemm
