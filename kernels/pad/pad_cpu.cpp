// Rows are copied into or out of the middle, over threads; forward, the whole is filled with the value
// before.
#include <algorithm>

#include "tern/kernels/pad/pad_passes.hpp"
#include "tern/kernels/shared/loop_nest.hpp"

namespace tern::pad_passes {
namespace {

// Calls copy(element of the inner tensor, element of the padded one, count) for the inner tensor's rows.
template <class F>
void for_each_row(const Shape& inner, const Shape& padded, const PadParams& params, F copy) {
    const auto strides_inner = row_major_strides(inner), strides_padded = row_major_strides(padded);
    LoopNest<2> nest;
    std::int64_t first = 0;
    for (int d = 0; d < inner.rank(); ++d) {
        nest.add(inner[d], {strides_inner[d], strides_padded[d]});
        first += params.borders[d].first * strides_padded[d];
    }
    const bool strided = nest.rank() > 0 && nest.innermost().strides[1] != 1;  // a last extent of 1
    nest.for_each_run([&](const LoopNest<2>::Offsets& at, std::int64_t count) {
        if (!strided) return copy(at[0], first + at[1], count);
        for (std::int64_t i = 0; i < count; ++i)
            copy(at[0] + i * nest.innermost().strides[0], first + at[1] + i * nest.innermost().strides[1], 1);
    });
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto& params = pass.params;
    visit_any(x.dtype(), [&]<class T>() {
        const T* from = x.data<T>();
        T* to = y.data<T>();
        parallel_for(y.numel(), 1 << 15, [&](std::int64_t begin, std::int64_t end) {
            std::fill(to + begin, to + end, element_of<T>(params.value));
        });
        for_each_row(x.shape(), y.shape(), params, [&](std::int64_t ix, std::int64_t iy, std::int64_t count) {
            std::copy_n(from + ix, count, to + iy);
        });
    });
}

void run(Cpu, const Backward& pass, const Stream&) {
    const Tensor &dy = pass.dy, &dx = pass.dx;
    const auto& params = pass.params;
    visit_any(dy.dtype(), [&]<class T>() {
        const T* from = dy.data<T>();
        T* to = dx.data<T>();
        for_each_row(dx.shape(), dy.shape(), params,
                     [&](std::int64_t ix, std::int64_t iy, std::int64_t count) {
                         std::copy_n(from + iy, count, to + ix);
                     });
    });
}

}  // namespace tern::pad_passes
