#include "tern/kernels/gemm/panels.hpp"

#include <memory>

#include "tern/core/memory/memory.hpp"

namespace tern::gemm {

void pack_panels(const Matrix& matrix, float* panels, std::int64_t panel_stride) {
    for (std::int64_t j = 0; j < matrix.columns; j += kPanelColumns, panels += panel_stride) {
        const std::int64_t columns = std::min(kPanelColumns, matrix.columns - j);
        for (std::int64_t i = 0; i < matrix.rows; ++i) {
            const float* const from = matrix.data + i * matrix.row_stride + j * matrix.column_stride;
            float* const to = panels + i * kPanelColumns;
            for (std::int64_t c = 0; c < columns; ++c) to[c] = from[c * matrix.column_stride];
            std::fill(to + columns, to + kPanelColumns, 0.0f);
        }
    }
}

Block block_of(const Matrix& a, std::int64_t columns, float* c, std::int64_t c_row) {
    static constexpr std::int64_t kNoSegments[] = {0};
    Block block{};
    block.rows = a.rows;
    block.columns = columns;
    block.a = a.data;
    block.a_row = a.row_stride;
    block.a_column = a.column_stride;
    block.segments = kNoSegments;
    block.depth = a.columns;
    block.c = c;
    block.c_row = c_row;
    return block;
}

float* thread_buffer(std::int64_t size) {
    struct Buffer {
        float* data = nullptr;
        std::int64_t size = 0;
        ~Buffer() { release(); }
        void release() {
            free_bytes(data, static_cast<std::size_t>(size) * sizeof(float), Device::cpu());
            data = nullptr;
            size = 0;
        }
    };
    thread_local Buffer buffer;
    if (buffer.size < size) {
        buffer.release();
        buffer.data = static_cast<float*>(
            allocate_bytes(static_cast<std::size_t>(size) * sizeof(float), Device::cpu()));
        buffer.size = size;
    }
    return buffer.data;
}

}  // namespace tern::gemm
