#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/shared/reference.hpp"

namespace tern::depthwise_conv2d_passes {
namespace {

// Calls visit(image offset, window offset, weight offset) for every pair of pixels that meet.
template <class Visit>
void for_each_meeting(const Shape& image, const Shape& windows, const Window2d& p, Visit visit) {
    const std::int64_t channels = image[3];
    for (std::int64_t n = 0; n < windows[0]; ++n)
        for (std::int64_t oh = 0; oh < windows[1]; ++oh)
            for (std::int64_t ow = 0; ow < windows[2]; ++ow)
                for (std::int64_t kh = 0; kh < p.kernel_h; ++kh)
                    for (std::int64_t kw = 0; kw < p.kernel_w; ++kw) {
                        const std::int64_t h = oh * p.stride_h + kh * p.dilation_h - p.pad_top;
                        const std::int64_t w = ow * p.stride_w + kw * p.dilation_w - p.pad_left;
                        if (h < 0 || h >= image[1] || w < 0 || w >= image[2]) continue;
                        const std::int64_t from = ((n * image[1] + h) * image[2] + w) * channels;
                        const std::int64_t to = ((n * windows[1] + oh) * windows[2] + ow) * channels;
                        for (std::int64_t c = 0; c < channels; ++c)
                            visit(from + c, to + c, (c * p.kernel_h + kh) * p.kernel_w + kw);
                    }
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &w = pass.w, &bias = pass.bias, &y = pass.y;
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        std::vector<Real> sums(static_cast<std::size_t>(y.numel()));
        for_each_meeting(
            x.shape(), y.shape(), pass.params.window,
            [&, px = x.data<T>(), pw = w.data<T>()](std::int64_t ix, std::int64_t iy, std::int64_t iw) {
                sums[iy] += static_cast<Real>(px[ix]) * static_cast<Real>(pw[iw]);
            });
        for (std::size_t i = 0; bias && i < sums.size(); ++i)
            sums[i] += static_cast<Real>(bias.data<T>()[static_cast<std::int64_t>(i) % y.dim(3)]);
        store<T>(sums, y);
    });
}

void run(Ref, const BackwardInput& pass, const Stream&) {
    const Tensor &dy = pass.dy, &w = pass.w, &dx = pass.dx;
    visit_floating(dy.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        std::vector<Real> sums(static_cast<std::size_t>(dx.numel()));
        for_each_meeting(
            dx.shape(), dy.shape(), pass.params.window,
            [&, pdy = dy.data<T>(), pw = w.data<T>()](std::int64_t ix, std::int64_t iy, std::int64_t iw) {
                sums[ix] += static_cast<Real>(pdy[iy]) * static_cast<Real>(pw[iw]);
            });
        store<T>(sums, dx);
    });
}

void run(Ref, const BackwardWeight& pass, const Stream&) {
    const Tensor &x = pass.x, &dy = pass.dy, &dw = pass.dw;
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        std::vector<Real> sums(static_cast<std::size_t>(dw.numel()));
        for_each_meeting(
            x.shape(), dy.shape(), pass.params.window,
            [&, px = x.data<T>(), pdy = dy.data<T>()](std::int64_t ix, std::int64_t iy, std::int64_t iw) {
                sums[iw] += static_cast<Real>(px[ix]) * static_cast<Real>(pdy[iy]);
            });
        store_gradient(sums, dw);
    });
}

}  // namespace tern::depthwise_conv2d_passes
