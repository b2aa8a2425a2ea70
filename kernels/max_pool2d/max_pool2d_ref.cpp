#include "tern/kernels/max_pool2d/max_pool2d_ref.hpp"

#include <limits>

#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"

namespace tern::max_pool2d_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    visit_floating(x.dtype(), [&]<class T>() {
        const T lowest = static_cast<T>(-std::numeric_limits<Compute<T>>::infinity());
        for_each_largest(x.data<T>(), x.shape(), y.shape(), pass.params.window,
                         [&](std::int64_t output, std::int64_t pixel) {
                             y.data<T>()[output] = pixel < 0 ? lowest : x.data<T>()[pixel];
                         });
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor &dy = pass.dy, &x = pass.x, &dx = pass.dx;
    visit_floating(x.dtype(), [&]<class T>() {
        std::vector<Compute<T>> sums(static_cast<std::size_t>(dx.numel()));
        for_each_largest(x.data<T>(), x.shape(), dy.shape(), pass.params.window,
                         [&](std::int64_t output, std::int64_t pixel) {
                             if (pixel >= 0)
                                 sums[static_cast<std::size_t>(pixel)] +=
                                     static_cast<Compute<T>>(dy.data<T>()[output]);
                         });
        for (std::size_t i = 0; i < sums.size(); ++i) dx.data<T>()[i] = static_cast<T>(sums[i]);
    });
}

}  // namespace tern::max_pool2d_passes
