// A thread per channel of a window, and backward per channel of a pixel, which asks the windows that read it, in
// their order: no atomics. Neighbouring threads have neighbouring channels.
#include "tern/core/cuda/device/divisor.hpp"
#include "tern/kernels/avg_pool2d/avg_pool2d_passes.hpp"
#include "tern/kernels/shared/visit_cuda.cuh"

namespace tern::avg_pool2d_passes {
namespace {

struct PoolGeometry {
    int height, width, out_height, out_width;
    int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    bool count_padding;

    PoolGeometry(const Shape& image, const Shape& windows, const AvgPool2dParams& params)
        : height(static_cast<int>(image[1])),
          width(static_cast<int>(image[2])),
          out_height(static_cast<int>(windows[1])),
          out_width(static_cast<int>(windows[2])),
          kernel_h(static_cast<int>(params.window.kernel_h)),
          kernel_w(static_cast<int>(params.window.kernel_w)),
          stride_h(static_cast<int>(params.window.stride_h)),
          stride_w(static_cast<int>(params.window.stride_w)),
          dilation_h(static_cast<int>(params.window.dilation_h)),
          dilation_w(static_cast<int>(params.window.dilation_w)),
          pad_top(static_cast<int>(params.window.pad_top)),
          pad_left(static_cast<int>(params.window.pad_left)),
          count_padding(params.count_padding) {}

    // Pixels of window `out` along one dimension that lie inside `size`.
    __device__ static int inside(int out, int stride, int pad, int dilation, int kernel, int size) {
        int count = 0;
        for (int k = 0; k < kernel; ++k) {
            const int at = out * stride + k * dilation - pad;
            count += at >= 0 && at < size ? 1 : 0;
        }
        return count;
    }
    // What the sum of a window is divided by; at least 1.
    __device__ float divisor(int oh, int ow) const {
        if (count_padding) return static_cast<float>(kernel_h * kernel_w);
        const int count = inside(oh, stride_h, pad_top, dilation_h, kernel_h, height) *
                          inside(ow, stride_w, pad_left, dilation_w, kernel_w, width);
        return static_cast<float>(count > 0 ? count : 1);
    }
};

// Element i of a tensor (N, rows, columns, C).
struct PixelSplit {
    cuda::Divisor channels, columns, rows;

    explicit PixelSplit(const Shape& shape) : channels(shape[3]), columns(shape[2]), rows(shape[1]) {}
    __device__ void split(std::int64_t i, int& image, int& row, int& column, int& channel) const {
        const auto index = static_cast<int>(i);
        const int pixel = channels.quotient(index), line = columns.quotient(pixel);
        channel = index - pixel * channels.divisor();
        column = pixel - line * columns.divisor();
        image = rows.quotient(line);
        row = line - image * rows.divisor();
    }
};

template <class T>
struct AvgPoolForward {
    PoolGeometry g;
    PixelSplit windows;
    const T* x;
    T* y;

    __device__ void operator()(std::int64_t i) const {
        int image = 0, oh = 0, ow = 0, channel = 0;
        windows.split(i, image, oh, ow, channel);
        float sum = 0.0f;
        for (int kh = 0; kh < g.kernel_h; ++kh) {
            const int h = oh * g.stride_h + kh * g.dilation_h - g.pad_top;
            if (h < 0 || h >= g.height) continue;
            for (int kw = 0; kw < g.kernel_w; ++kw) {
                const int w = ow * g.stride_w + kw * g.dilation_w - g.pad_left;
                if (w < 0 || w >= g.width) continue;
                sum += static_cast<float>(
                    x[((image * g.height + h) * g.width + w) * windows.channels.divisor() + channel]);
            }
        }
        y[i] = static_cast<T>(sum / g.divisor(oh, ow));
    }
};

template <class T>
struct AvgPoolBackward {
    PoolGeometry g;
    PixelSplit pixels;
    const T* dy;
    T* dx;

    __device__ void operator()(std::int64_t i) const {
        int image = 0, h = 0, w = 0, channel = 0;
        pixels.split(i, image, h, w, channel);
        float sum = 0.0f;
        // The last tap belongs to the first window
        for (int kh = g.kernel_h - 1; kh >= 0; --kh) {
            const int top = h + g.pad_top - kh * g.dilation_h;
            if (top < 0 || top % g.stride_h != 0 || top / g.stride_h >= g.out_height) continue;
            const int oh = top / g.stride_h;
            for (int kw = g.kernel_w - 1; kw >= 0; --kw) {
                const int left = w + g.pad_left - kw * g.dilation_w;
                if (left < 0 || left % g.stride_w != 0 || left / g.stride_w >= g.out_width) continue;
                const int ow = left / g.stride_w;
                const auto slope = static_cast<float>(
                    dy[((image * g.out_height + oh) * g.out_width + ow) * pixels.channels.divisor() +
                       channel]);
                sum += slope / g.divisor(oh, ow);
            }
        }
        dx[i] = static_cast<T>(sum);
    }
};

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    if (pass.y.numel() == 0) return;
    visit_cuda_floating(pass.x.dtype(), [&]<class T>() {
        const AvgPoolForward<T> work{PoolGeometry(pass.x.shape(), pass.y.shape(), pass.params),
                                     PixelSplit(pass.y.shape()), pass.x.data<T>(), pass.y.data<T>()};
        launch_elements(work, pass.y.numel(), stream);
    });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    if (pass.dx.numel() == 0) return;
    visit_cuda_floating(pass.dy.dtype(), [&]<class T>() {
        const AvgPoolBackward<T> work{PoolGeometry(pass.dx.shape(), pass.dy.shape(), pass.params),
                                      PixelSplit(pass.dx.shape()), pass.dy.data<T>(), pass.dx.data<T>()};
        launch_elements(work, pass.dx.numel(), stream);
    });
}

}  // namespace tern::avg_pool2d_passes
