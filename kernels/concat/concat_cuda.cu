// Bytes are moved, whatever they mean: behind the axis a piece is contiguous, so each piece is one copy of
// rows, a kernel of its own.
#include "tern/kernels/concat/concat_passes.hpp"
#include "tern/kernels/shared/copy_cuda.cuh"

namespace tern::concat_passes {
namespace {

// Calls copy(piece, first byte of the piece in the whole, elements in a row of the piece, of the whole,
// rows).
template <class F>
void for_each_piece(const Tensor& whole, const ConcatParams& params, F copy) {
    if (whole.numel() == 0) return;
    std::int64_t rows = 1;
    for (int d = 0; d < params.axis; ++d) rows *= whole.dim(d);
    const std::int64_t row = whole.numel() / rows, step = row / whole.dim(params.axis);
    std::int64_t first = 0;
    for (std::size_t piece = 0; piece < params.extents.size(); ++piece) {
        const std::int64_t elements = params.extents[piece] * step;
        copy(piece, first * size_of(whole.dtype()), elements, row, rows);
        first += elements;
    }
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor& y = pass.y;
    for_each_piece(y, pass.params,
                   [&](std::size_t piece, std::int64_t first, std::int64_t elements, std::int64_t row,
                       std::int64_t rows) {
                       LoopNest<2> nest;
                       nest.add(rows, {row, elements});
                       nest.add(elements, {1, 1});
                       launch_copy(nest, pass.x[piece].raw_data(), y.raw_data() + first, size_of(y.dtype()),
                                   stream);
                   });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    const Tensor& dy = pass.dy;
    for_each_piece(dy, pass.params,
                   [&](std::size_t piece, std::int64_t first, std::int64_t elements, std::int64_t row,
                       std::int64_t rows) {
                       const Tensor& dx = pass.dx[piece];
                       if (!dx.defined()) return;
                       LoopNest<2> nest;
                       nest.add(rows, {elements, row});
                       nest.add(elements, {1, 1});
                       launch_copy(nest, dy.raw_data() + first, dx.raw_data(), size_of(dy.dtype()), stream);
                   });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_offsets(tensors_of(pass), why_not);
}
bool accepts(Cuda, const Backward& pass, std::string* why_not) {
    return accepts_cuda_offsets(tensors_of(pass), why_not);
}

}  // namespace tern::concat_passes
