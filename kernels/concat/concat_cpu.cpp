// Bytes are moved, whatever they mean: behind the axis a piece is contiguous, so rows are copied whole.
#include <algorithm>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/concat/concat_passes.hpp"

namespace tern::concat_passes {
namespace {

// Calls copy(piece, byte in the piece, byte in the whole, bytes) for the rows of all pieces, over threads.
template <class F>
void for_each_row(const Tensor& whole, const ConcatParams& params, F copy) {
    if (whole.numel() == 0) return;
    std::int64_t rows = 1;
    for (int d = 0; d < params.axis; ++d) rows *= whole.dim(d);
    const std::int64_t row = whole.bytes() / rows, step = row / whole.dim(params.axis);
    const std::int64_t rows_per_chunk = std::max<std::int64_t>(1, (1 << 17) / row);
    parallel_for(rows, rows_per_chunk, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
            std::int64_t at = r * row;
            for (std::size_t piece = 0; piece < params.extents.size(); ++piece) {
                const std::int64_t bytes = params.extents[piece] * step;
                copy(piece, r * bytes, at, bytes);
                at += bytes;
            }
        }
    });
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    std::byte* to = pass.y.raw_data();
    for_each_row(pass.y, pass.params,
                 [&](std::size_t piece, std::int64_t from, std::int64_t at, std::int64_t bytes) {
                     std::copy_n(pass.x[piece].raw_data() + from, bytes, to + at);
                 });
}

void run(Cpu, const Backward& pass, const Stream&) {
    const std::byte* from = pass.dy.raw_data();
    for_each_row(pass.dy, pass.params,
                 [&](std::size_t piece, std::int64_t to, std::int64_t at, std::int64_t bytes) {
                     const Tensor& dx = pass.dx[piece];
                     if (dx.defined()) std::copy_n(from + at, bytes, dx.raw_data() + to);
                 });
}

}  // namespace tern::concat_passes
