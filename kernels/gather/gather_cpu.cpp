// Rows of the dimensions behind the axis, some at a time over threads. Backward each chunk owns the columns that
// it adds to, and adds in the order of the index.
#include <algorithm>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/gather/gather_passes.hpp"

namespace tern::gather_passes {
namespace {

constexpr std::int64_t kColumns = 1 << 8;  // of a row, per chunk
constexpr std::int64_t kElements = 1 << 15;

// Calls visit(o, first, end) for columns [first, end) of the rows at place o before the axis.
template <class F>
void for_each_piece(const AxisExtents& shape, std::int64_t along, F visit) {
    const std::int64_t pieces = (shape.inner + kColumns - 1) / kColumns;
    const std::int64_t per_chunk = std::max<std::int64_t>(
        1, kElements / (std::max<std::int64_t>(along, 1) * std::min(shape.inner, kColumns)));
    parallel_for(shape.outer * pieces, per_chunk, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t piece = begin; piece < end; ++piece) {
            const std::int64_t o = piece / pieces, first = piece % pieces * kColumns;
            visit(o, first, std::min(first + kColumns, shape.inner));
        }
    });
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    if (pass.y.numel() == 0) return;
    const AxisExtents to(pass.y.shape(), pass.params.axis);
    const std::int64_t inner = to.inner, extent = pass.x.dim(pass.params.axis);
    visit_any(pass.x.dtype(), [&]<class T>() {
        visit_index(pass.index, [&]<class Index>() {
            const Index* const index = pass.index.data<Index>();
            const T* const x = pass.x.data<T>();
            T* const y = pass.y.data<T>();
            for_each_piece(to, to.along, [&](std::int64_t o, std::int64_t first, std::int64_t end) {
                const T* const from = x + o * extent * inner;
                for (std::int64_t row = o * to.along; row < (o + 1) * to.along; ++row)
                    for (std::int64_t i = first; i < end; ++i)
                        y[row * inner + i] =
                            from[static_cast<std::int64_t>(index[row * inner + i]) * inner + i];
            });
        });
    });
}

void run(Cpu, const Backward& pass, const Stream&) {
    if (pass.dx.numel() == 0) return;
    const AxisExtents to(pass.dx.shape(), pass.params.axis);
    const std::int64_t inner = to.inner, rows = pass.index.dim(pass.params.axis);
    visit_index(pass.index, [&]<class Index>() {
        const Index* const index = pass.index.data<Index>();
        const float* const dy = pass.dy.data<float>();
        float* const dx = pass.dx.data<float>();
        for_each_piece(to, rows + to.along, [&](std::int64_t o, std::int64_t first, std::int64_t end) {
            float* const sums = dx + o * to.along * inner;
            for (std::int64_t k = 0; k < to.along; ++k)
                std::fill(sums + k * inner + first, sums + k * inner + end, 0.0f);
            for (std::int64_t row = o * rows; row < (o + 1) * rows; ++row)
                for (std::int64_t i = first; i < end; ++i)
                    sums[static_cast<std::int64_t>(index[row * inner + i]) * inner + i] +=
                        dy[row * inner + i];
        });
    });
}

}  // namespace tern::gather_passes
