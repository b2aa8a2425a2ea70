// Matrices copied into the order in which the register tile reads them.
#pragma once

#include <algorithm>

#include "tern/kernels/gemm/gemm.hpp"
#include "tern/kernels/gemm/tile.hpp"

namespace tern::gemm {

/// Columns as panels store them: a whole number of vectors.
constexpr std::int64_t padded_columns(std::int64_t columns) {
    return (columns + kVectorColumns - 1) / kVectorColumns * kVectorColumns;
}

/// Elements of a matrix of that size as panels.
constexpr std::int64_t panels_size(std::int64_t rows, std::int64_t columns) {
    return rows * ((columns + kPanelColumns - 1) / kPanelColumns) * kPanelColumns;
}

/// Panel after panel of (rows, kPanelColumns), with zeros beyond the last column; `panel_stride` elements
/// from panel to panel.
void pack_panels(const Matrix& matrix, float* panels, std::int64_t panel_stride);

/// Whether the tile can read a matrix as it is.
inline bool readable_in_place(const Matrix& b) {
    return b.column_stride == 1 && b.columns % kVectorColumns == 0;
}

/// A buffer of this thread, kept between calls; what it held is lost. Work inside parallel_for uses it
/// because the step arena belongs to the thread that runs the step.
float* thread_buffer(std::int64_t size);

}  // namespace tern::gemm
