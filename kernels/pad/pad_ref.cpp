#include "tern/kernels/pad/pad_passes.hpp"
#include "tern/kernels/shared/ref_index.hpp"

namespace tern::pad_passes {
namespace {

// The element of the padded tensor that holds element `i` of the inner one.
std::int64_t padded_index(std::int64_t i, const Shape& inner, const Shape& padded, const PadParams& params) {
    ref::Position at = ref::position_of(i, inner);
    for (std::size_t d = 0; d < params.borders.size(); ++d) at[d] += params.borders[d].first;
    return ref::flat_of(at, padded);
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto& params = pass.params;
    visit_any(x.dtype(), [&]<class T>() {
        for (std::int64_t i = 0; i < y.numel(); ++i) y.data<T>()[i] = element_of<T>(params.value);
        for (std::int64_t i = 0; i < x.numel(); ++i)
            y.data<T>()[padded_index(i, x.shape(), y.shape(), params)] = x.data<T>()[i];
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor &dy = pass.dy, &dx = pass.dx;
    const auto& params = pass.params;
    visit_any(dy.dtype(), [&]<class T>() {
        for (std::int64_t i = 0; i < dx.numel(); ++i)
            dx.data<T>()[i] = dy.data<T>()[padded_index(i, dx.shape(), dy.shape(), params)];
    });
}

}  // namespace tern::pad_passes
