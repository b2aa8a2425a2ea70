#include "tern/kernels/gemm/gemm.hpp"

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/gemm/panels.hpp"
#include "tern/kernels/shared/channel_rows_cpu.hpp"
#include "tern/kernels/shared/kept_weights.hpp"

namespace tern::gemm {
namespace {

// Terms that are summed before the next rows of A are read: 512 rows of 64 columns of B are 128 KB, an
// eighth of L2.
constexpr std::int64_t kTerms = 512;
// Floats of A per task: 128 KB.
constexpr std::int64_t kTaskSize = 32768;
constexpr std::int64_t kTasks = 16;  // enough to keep some cores busy

// B as products read it: the distances of rows and of panels.
struct Panels {
    const float* data;
    std::int64_t row, panel;
};

Panels panels_of(const Tensor& packed, std::int64_t terms) {
    return {packed.data<float>(), kPanelColumns, terms * kPanelColumns};
}

Tensor pack(const Matrix& b) {
    const Tensor packed = Tensor::empty({panels_size(b.rows, b.columns)});
    parallel_for(b.columns, kTileColumns, [&](std::int64_t begin, std::int64_t end) {
        pack_panels({b.data + begin * b.column_stride, b.rows, end - begin, b.row_stride, b.column_stride},
                    packed.data<float>() + begin * b.rows, b.rows * kPanelColumns);
    });
    return packed;
}

// Tasks are blocks of rows, and of columns where rows are few.
void multiply_by_rows(const Matrix& a, const Panels& b, std::int64_t columns, const float* bias, float* c,
                      Products products) {
    const std::int64_t terms = a.columns, tiles = (columns + kTileColumns - 1) / kTileColumns;
    constexpr std::int64_t kFewest = 12;  // two tiles
    const std::int64_t task_rows = piece_size(
        a.rows, kFewest,
        std::clamp<std::int64_t>(kTaskSize / std::clamp<std::int64_t>(terms, 1, kTerms), 48, 1536), tiles);
    const std::int64_t row_tasks = (a.rows + task_rows - 1) / task_rows;
    const std::int64_t task_columns = std::max<std::int64_t>(1, tiles * row_tasks / kTasks) * kTileColumns;
    const std::int64_t column_tasks = (columns + task_columns - 1) / task_columns;
    parallel_for(row_tasks * column_tasks, 1, [&](std::int64_t task, std::int64_t) {
        const std::int64_t i = task / column_tasks * task_rows, j = task % column_tasks * task_columns;
        const std::int64_t rows = std::min(task_rows, a.rows - i);
        for (std::int64_t k = 0; k < std::max<std::int64_t>(terms, 1); k += kTerms) {
            const Matrix part{a.data + i * a.row_stride + k * a.column_stride, rows,
                              std::min(kTerms, terms - k), a.row_stride, a.column_stride};
            Block block = block_of(part, std::min(task_columns, columns - j), c + i * columns + j, columns);
            block.b = b.data + j / kPanelColumns * b.panel + k * b.row;
            block.b_row = b.row;
            block.b_panel = b.panel;
            block.start = k > 0 ? block.c : bias != nullptr ? bias + j : nullptr;
            block.start_row = k > 0 ? columns : 0;
            block.products = products;
            multiply(block);
        }
    });
}

// Few rows and columns, very many terms (gradients of weights): tasks are ranges of terms, each with a C of
// its own.
constexpr std::int64_t kTaskTerms = 4096;

bool goes_by_terms(const Matrix& a, const Matrix& b, const float* bias) {
    return bias == nullptr && a.columns >= 2 * kTaskTerms && a.columns >= 16 * std::max(a.rows, b.columns);
}

void multiply_by_terms(const Matrix& a, const Matrix& b, float* c, Products products) {
    const std::int64_t terms = a.columns, size = a.rows * b.columns;
    const Tensor partial = Tensor::empty({(terms + kTaskTerms - 1) / kTaskTerms, size});
    parallel_chunks(terms, kTaskTerms, [&](std::int64_t task, std::int64_t begin, std::int64_t end) {
        float* const sums = partial.data<float>() + task * size;
        for (std::int64_t k = begin; k < end; k += kStepTerms) {
            const std::int64_t depth = std::min(kStepTerms, end - k);
            const Matrix rows{a.data + k * a.column_stride, a.rows, depth, a.row_stride, a.column_stride};
            const Matrix columns{b.data + k * b.row_stride, depth, b.columns, b.row_stride, b.column_stride};
            Block block = block_of(rows, b.columns, sums, b.columns);
            const bool in_place =
                set_columns(block, columns, [&] { return thread_buffer(panels_size(depth, b.columns)); });
            if (k > begin) block.start = sums;
            block.start_row = b.columns;
            block.next_depth = in_place ? std::min(kStepTerms, end - k - depth) : 0;
            block.products = products;
            multiply(block);
        }
    });
    sum_parts(partial.data<float>(), partial.dim(0), size, c);
}

}  // namespace

Matrix Matrix::rows_of(const Tensor& tensor) {
    const std::int64_t columns = tensor.dim(-1);
    std::int64_t rows = 1;
    for (int i = 0; i + 1 < tensor.rank(); ++i) rows *= tensor.dim(i);
    return {tensor.data<float>(), rows, columns, columns, 1};
}

void multiply(const Matrix& a, const Matrix& b, const float* bias, float* c, Products products) {
    TERN_ASSERT(a.columns == b.rows);
    if (goes_by_terms(a, b, bias)) return multiply_by_terms(a, b, c, products);
    constexpr std::int64_t kFewRows = 16;  // for which packing B would take longer than it saves
    if (readable_in_place(b) && a.rows <= kFewRows)
        return multiply_by_rows(a, {b.data, b.row_stride, kPanelColumns}, b.columns, bias, c, products);
    const Tensor packed = pack(b);
    multiply_by_rows(a, panels_of(packed, b.rows), b.columns, bias, c, products);
}

void multiply_by_weights(const Matrix& a, const Tensor& weights, const float* bias, float* c,
                         Products products) {
    const Matrix b = Matrix::rows_of(weights).transposed();
    TERN_ASSERT(a.columns == b.rows);
    if (goes_by_terms(a, b, bias)) return multiply_by_terms(a, b, c, products);
    const auto packed = KeptWeights::get({weights}, 0, [&] { return pack(b); });
    multiply_by_rows(a, panels_of(*packed, b.rows), b.columns, bias, c, products);
}

void sum_columns(const float* matrix, std::int64_t rows, std::int64_t columns, float* sums) {
    const std::int64_t chunk = channel_rows::chunk_rows(columns), parts = (rows + chunk - 1) / chunk;
    const Tensor partial = Tensor::zeros({parts, columns}, DType::float64);
    parallel_chunks(rows, chunk, [&](std::int64_t task, std::int64_t begin, std::int64_t end) {
        double* const part = partial.data<double>() + task * columns;
        channel_rows::for_each_tile(begin, end, columns, [&](std::int64_t first, std::int64_t count) {
            channel_rows::add_sums(count, columns, matrix + first * columns, part);
        });
    });
    sum_parts(partial.data<double>(), parts, columns, sums);
}

void sum_parts(const double* partial, std::int64_t parts, std::int64_t size, float* sums) {
    for (std::int64_t i = 0; i < size; ++i) {
        double sum = 0;
        for (std::int64_t part = 0; part < parts; ++part) sum += partial[part * size + i];
        sums[i] = static_cast<float>(sum);
    }
}

void sum_parts(const float* partial, std::int64_t parts, std::int64_t size, float* sums) {
    parallel_for(size, 4096, [&](std::int64_t begin, std::int64_t end) {
        if (parts == 0) return std::fill(sums + begin, sums + end, 0.0f);
        if (sums != partial) std::copy(partial + begin, partial + end, sums + begin);
        for (std::int64_t part = 1; part < parts; ++part)
            for (std::int64_t i = begin; i < end; ++i) sums[i] += partial[part * size + i];
    });
}

}  // namespace tern::gemm
