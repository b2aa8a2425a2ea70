#include <vector>

#include "tern/kernels/avg_pool2d/avg_pool2d_passes.hpp"
#include "tern/kernels/shared/reference.hpp"

namespace tern::avg_pool2d_passes {
namespace {

// Calls visit(element of y, elements of x in its window, what their sum is divided by).
template <class Visit>
void for_each_window(const Shape& image, const Shape& windows, const AvgPool2dParams& params, Visit visit) {
    const Window2d& p = params.window;
    std::int64_t output = 0;
    for (std::int64_t n = 0; n < windows[0]; ++n)
        for (std::int64_t oh = 0; oh < windows[1]; ++oh)
            for (std::int64_t ow = 0; ow < windows[2]; ++ow)
                for (std::int64_t c = 0; c < image[3]; ++c) {
                    std::vector<std::int64_t> pixels;
                    for (std::int64_t kh = 0; kh < p.kernel_h; ++kh)
                        for (std::int64_t kw = 0; kw < p.kernel_w; ++kw) {
                            const std::int64_t h = oh * p.stride_h + kh * p.dilation_h - p.pad_top;
                            const std::int64_t w = ow * p.stride_w + kw * p.dilation_w - p.pad_left;
                            if (h < 0 || h >= image[1] || w < 0 || w >= image[2]) continue;
                            pixels.push_back(((n * image[1] + h) * image[2] + w) * image[3] + c);
                        }
                    const auto inside = static_cast<std::int64_t>(pixels.size());
                    visit(output++, pixels, params.count_padding ? p.kernel_h * p.kernel_w : inside);
                }
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    visit_floating(pass.x.dtype(), [&]<class T>() {
        const auto x = upcast<T>(pass.x);
        for_each_window(
            pass.x.shape(), pass.y.shape(), pass.params,
            [&](std::int64_t output, const std::vector<std::int64_t>& pixels, std::int64_t count) {
                Compute<T> sum = 0;
                for (const std::int64_t pixel : pixels) sum += x[pixel];
                pass.y.data<T>()[output] =
                    static_cast<T>(pixels.empty() ? 0 : sum / static_cast<Compute<T>>(count));
            });
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    visit_floating(pass.dy.dtype(), [&]<class T>() {
        const auto dy = upcast<T>(pass.dy);
        std::vector<Compute<T>> sums(static_cast<std::size_t>(pass.dx.numel()));
        for_each_window(
            pass.dx.shape(), pass.dy.shape(), pass.params,
            [&](std::int64_t output, const std::vector<std::int64_t>& pixels, std::int64_t count) {
                for (const std::int64_t pixel : pixels)
                    sums[pixel] += dy[output] / static_cast<Compute<T>>(count);
            });
        store<T>(sums, pass.dx);
    });
}

}  // namespace tern::avg_pool2d_passes
