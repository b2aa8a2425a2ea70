#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/shared/reference.hpp"

namespace tern::conv2d_passes {
namespace {

// Calls visit(image offset, window offset, weight offset) for every product of a channel with an output. The
// weights are (KH, KW, I/groups, O) here, so that the innermost loop walks through outputs side by side.
template <class Visit>
void for_each_product(const Shape& image, const Shape& windows, const Conv2dParams& params, Visit visit) {
    const Window2d& p = params.window;
    const std::int64_t inputs = image[3], outputs = windows[3];
    const std::int64_t group_inputs = inputs / params.groups, group_outputs = outputs / params.groups;
    for (std::int64_t n = 0; n < windows[0]; ++n)
        for (std::int64_t oh = 0; oh < windows[1]; ++oh)
            for (std::int64_t ow = 0; ow < windows[2]; ++ow)
                for (std::int64_t kh = 0; kh < p.kernel_h; ++kh)
                    for (std::int64_t kw = 0; kw < p.kernel_w; ++kw) {
                        const std::int64_t h = oh * p.stride_h + kh * p.dilation_h - p.pad_top;
                        const std::int64_t w = ow * p.stride_w + kw * p.dilation_w - p.pad_left;
                        if (h < 0 || h >= image[1] || w < 0 || w >= image[2]) continue;
                        const std::int64_t from = ((n * image[1] + h) * image[2] + w) * inputs;
                        const std::int64_t to = ((n * windows[1] + oh) * windows[2] + ow) * outputs;
                        const std::int64_t tap = (kh * p.kernel_w + kw) * group_inputs * outputs;
                        for (std::int64_t c = 0; c < inputs; ++c) {
                            const std::int64_t i = c % group_inputs, first = c / group_inputs * group_outputs;
                            for (std::int64_t o = first; o < first + group_outputs; ++o)
                                visit(from + c, to + o, tap + i * outputs + o);
                        }
                    }
}

// Calls visit(offset in (O, I/groups, KH, KW), offset in (KH, KW, I/groups, O)) for every weight.
template <class Visit>
void for_each_weight(const Shape& weight, Visit visit) {
    const std::int64_t outputs = weight[0], inputs = weight[1], taps = weight[2] * weight[3];
    for (std::int64_t o = 0; o < outputs; ++o)
        for (std::int64_t i = 0; i < inputs; ++i)
            for (std::int64_t t = 0; t < taps; ++t)
                visit((o * inputs + i) * taps + t, (t * inputs + i) * outputs + o);
}

template <class T>
std::vector<Compute<T>> upcast_taps(const Tensor& w) {
    std::vector<Compute<T>> taps(static_cast<std::size_t>(w.numel()));
    for_each_weight(w.shape(), [&, pw = w.data<T>()](std::int64_t from, std::int64_t to) {
        taps[to] = static_cast<Compute<T>>(pw[from]);
    });
    return taps;
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &w = pass.w, &bias = pass.bias, &y = pass.y;
    visit_floating(x.dtype(), [&]<class T>() {
        const auto xs = upcast<T>(x), ws = upcast_taps<T>(w);
        std::vector<Compute<T>> sums(static_cast<std::size_t>(y.numel()));
        for_each_product(
            x.shape(), y.shape(), pass.params,
            [&, px = xs.data(), pw = ws.data(), py = sums.data()](
                std::int64_t ix, std::int64_t iy, std::int64_t iw) { py[iy] += px[ix] * pw[iw]; });
        for (std::size_t i = 0; bias && i < sums.size(); ++i)
            sums[i] += static_cast<Compute<T>>(bias.data<T>()[static_cast<std::int64_t>(i) % y.dim(3)]);
        store<T>(sums, y);
    });
}

void run(Ref, const BackwardInput& pass, const Stream&) {
    const Tensor &dy = pass.dy, &w = pass.w, &dx = pass.dx;
    visit_floating(dy.dtype(), [&]<class T>() {
        const auto dys = upcast<T>(dy), ws = upcast_taps<T>(w);
        std::vector<Compute<T>> sums(static_cast<std::size_t>(dx.numel()));
        for_each_product(
            dx.shape(), dy.shape(), pass.params,
            [&, pdy = dys.data(), pw = ws.data(), pdx = sums.data()](
                std::int64_t ix, std::int64_t iy, std::int64_t iw) { pdx[ix] += pdy[iy] * pw[iw]; });
        store<T>(sums, dx);
    });
}

void run(Ref, const BackwardWeight& pass, const Stream&) {
    const Tensor &x = pass.x, &dy = pass.dy, &dw = pass.dw;
    visit_floating(x.dtype(), [&]<class T>() {
        const auto xs = upcast<T>(x), dys = upcast<T>(dy);
        std::vector<Compute<T>> sums(static_cast<std::size_t>(dw.numel()));
        for_each_product(
            x.shape(), dy.shape(), pass.params,
            [&, px = xs.data(), pdy = dys.data(), pdw = sums.data()](
                std::int64_t ix, std::int64_t iy, std::int64_t iw) { pdw[iw] += px[ix] * pdy[iy]; });
        std::vector<Compute<T>> turned(sums.size());
        for_each_weight(dw.shape(), [&](std::int64_t to, std::int64_t from) { turned[to] = sums[from]; });
        store_gradient(turned, dw);
    });
}

void run(Ref, const BackwardBias& pass, const Stream&) {
    const Tensor &dy = pass.dy, &db = pass.dbias;
    visit_floating(dy.dtype(), [&]<class T>() {
        std::vector<Compute<T>> sums(static_cast<std::size_t>(db.numel()));
        for (std::int64_t i = 0; i < dy.numel(); ++i)
            sums[i % db.numel()] += static_cast<Compute<T>>(dy.data<T>()[i]);
        store_gradient(sums, db);
    });
}

}  // namespace tern::conv2d_passes
