#include "tern/kernels/max_pool2d/max_pool2d.hpp"

#include <limits>

#include "tern/kernels/max_pool2d/max_pool2d_ref.hpp"
#include "tern/kernels/op.hpp"

namespace tern::max_pool2d_passes {

void forward_ref(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &y = problem.outputs[0];
    visit_floating(x.dtype(), [&]<class T>() {
        const T lowest = static_cast<T>(-std::numeric_limits<Compute<T>>::infinity());
        for_each_largest(x.data<T>(), x.shape(), y.shape(), problem.params<MaxPool2dParams>().window,
                         [&](std::int64_t output, std::int64_t cell) {
                             y.data<T>()[output] = cell < 0 ? lowest : x.data<T>()[cell];
                         });
    });
}

void backward_ref(const Problem& problem, const Stream&) {
    const Tensor &dy = problem.inputs[0], &x = problem.inputs[1], &dx = problem.outputs[0];
    visit_floating(x.dtype(), [&]<class T>() {
        std::vector<Compute<T>> sums(static_cast<std::size_t>(dx.numel()));
        for_each_largest(x.data<T>(), x.shape(), dy.shape(), problem.params<MaxPool2dParams>().window,
                         [&](std::int64_t output, std::int64_t cell) {
                             if (cell >= 0)
                                 sums[static_cast<std::size_t>(cell)] +=
                                     static_cast<Compute<T>>(dy.data<T>()[output]);
                         });
        for (std::size_t i = 0; i < sums.size(); ++i) dx.data<T>()[i] = static_cast<T>(sums[i]);
    });
}

}  // namespace tern::max_pool2d_passes
