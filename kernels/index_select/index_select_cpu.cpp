// Forward copies rows, over threads. Backward adds rows where they came from: chunks of the dimensions before
// and behind the index are work of their own, and each adds in the order of the index.
#include <algorithm>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/index_select/index_select_passes.hpp"

namespace tern::index_select_passes {
namespace {

constexpr std::int64_t kBytes = 1 << 17;    // per chunk of copies
constexpr std::int64_t kColumns = 1 << 10;  // of a row, per chunk of sums

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    if (pass.y.numel() == 0) return;
    const AxisExtents from(pass.x.shape(), pass.params.axis);
    const std::int64_t rows = pass.index.numel(), inner = from.inner;
    const std::int64_t per_chunk = std::max<std::int64_t>(1, kBytes / (inner * size_of(pass.x.dtype())));
    visit_any(pass.x.dtype(), [&]<class T>() {
        visit_index(pass.index, [&]<class Index>() {
            const Index* const index = pass.index.data<Index>();
            const T* const x = pass.x.data<T>();
            T* const y = pass.y.data<T>();
            parallel_for(from.outer * rows, per_chunk, [&](std::int64_t row, std::int64_t end) {
                while (row < end) {
                    const std::int64_t o = row / rows, stop = std::min(end, (o + 1) * rows);
                    const T* const slab = x + o * from.along * inner;
                    const auto source = [&] {
                        return slab + static_cast<std::int64_t>(index[row - o * rows]) * inner;
                    };
                    if (inner == 1)  // a call of memcpy for one element would take most of the time
                        for (; row < stop; ++row) y[row] = *source();
                    else
                        for (; row < stop; ++row) std::copy_n(source(), inner, y + row * inner);
                }
            });
        });
    });
}

void run(Cpu, const Backward& pass, const Stream&) {
    if (pass.dx.numel() == 0) return;
    const AxisExtents to(pass.dx.shape(), pass.params.axis);
    const std::int64_t rows = pass.index.numel(), pieces = (to.inner + kColumns - 1) / kColumns;
    const float* const dy = pass.dy.data<float>();
    float* const dx = pass.dx.data<float>();
    const std::int64_t per_chunk =
        std::max<std::int64_t>(1, (1 << 14) / ((rows + to.along) * std::min(to.inner, kColumns)));
    visit_index(pass.index, [&]<class Index>() {
        const Index* const index = pass.index.data<Index>();
        parallel_for(to.outer * pieces, per_chunk, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t piece = begin; piece < end; ++piece) {
                const std::int64_t o = piece / pieces, first = piece % pieces * kColumns;
                const std::int64_t width = std::min(kColumns, to.inner - first);
                float* const sums = dx + o * to.along * to.inner + first;
                for (std::int64_t k = 0; k < to.along; ++k) std::fill_n(sums + k * to.inner, width, 0.0f);
                for (std::int64_t j = 0; j < rows; ++j) {
                    const float* const row = dy + (o * rows + j) * to.inner + first;
                    float* const sum = sums + static_cast<std::int64_t>(index[j]) * to.inner;
                    for (std::int64_t i = 0; i < width; ++i) sum[i] += row[i];
                }
            }
        });
    });
}

}  // namespace tern::index_select_passes
