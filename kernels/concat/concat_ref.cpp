#include "tern/kernels/concat/concat_passes.hpp"
#include "tern/kernels/shared/ref_index.hpp"

namespace tern::concat_passes {
namespace {

// Calls visit(element of the piece, element of the whole); the piece starts at `begin` along the axis.
template <class Visit>
void for_each_element(const Shape& piece, const Shape& whole, int axis, std::int64_t begin, Visit visit) {
    for (std::int64_t i = 0; i < piece.numel(); ++i) {
        ref::Position at = ref::position_of(i, piece);
        at[axis] += begin;
        visit(i, ref::flat_of(at, whole));
    }
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor& y = pass.y;
    const int axis = pass.params.axis;
    visit_any(y.dtype(), [&]<class T>() {
        std::int64_t begin = 0;
        for (const Tensor& x : pass.x) {
            for_each_element(x.shape(), y.shape(), axis, begin,
                             [&](std::int64_t ix, std::int64_t iy) { y.data<T>()[iy] = x.data<T>()[ix]; });
            begin += x.dim(axis);
        }
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor& dy = pass.dy;
    const auto& [axis, extents] = pass.params;
    visit_any(dy.dtype(), [&, axis = axis, &extents = extents]<class T>() {
        std::int64_t begin = 0;
        for (std::size_t piece = 0; piece < extents.size(); ++piece) {
            const Tensor& dx = pass.dx[piece];
            if (dx.defined()) {
                for_each_element(dx.shape(), dy.shape(), axis, begin, [&](std::int64_t ix, std::int64_t iy) {
                    dx.data<T>()[ix] = dy.data<T>()[iy];
                });
            }
            begin += extents[piece];
        }
    });
}

}  // namespace tern::concat_passes
