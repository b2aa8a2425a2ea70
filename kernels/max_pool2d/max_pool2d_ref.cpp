#include "tern/kernels/max_pool2d/max_pool2d.hpp"

#include <cmath>
#include <limits>

#include "tern/kernels/op.hpp"

namespace tern::max_pool2d_passes {
namespace {

// Calls visit(index in y, index in x of the first largest cell, or -1) for every output.
template <class T, class Visit>
void for_each_largest(const T* x, const Shape& image, const Shape& windows, const Window2d& p, Visit visit) {
    const std::int64_t channels = image[3];
    std::int64_t output = 0;
    for (std::int64_t n = 0; n < windows[0]; ++n)
        for (std::int64_t oh = 0; oh < windows[1]; ++oh)
            for (std::int64_t ow = 0; ow < windows[2]; ++ow)
                for (std::int64_t c = 0; c < channels; ++c) {
                    std::int64_t largest = -1;
                    for (std::int64_t kh = 0; kh < p.kernel_h; ++kh)
                        for (std::int64_t kw = 0; kw < p.kernel_w; ++kw) {
                            const std::int64_t h = oh * p.stride_h + kh * p.dilation_h - p.pad_top;
                            const std::int64_t w = ow * p.stride_w + kw * p.dilation_w - p.pad_left;
                            if (h < 0 || h >= image[1] || w < 0 || w >= image[2]) continue;
                            const std::int64_t cell = ((n * image[1] + h) * image[2] + w) * channels + c;
                            const auto value = static_cast<Compute<T>>(x[cell]);
                            const auto best =
                                largest < 0 ? Compute<T>{} : static_cast<Compute<T>>(x[largest]);
                            if (largest < 0 || value > best || (std::isnan(value) && !std::isnan(best)))
                                largest = cell;
                        }
                    visit(output++, largest);
                }
}

}  // namespace

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
