#include <cmath>

#include "tern/kernels/quantized_conv2d/quantized_conv2d_passes.hpp"

namespace tern::quantized_conv2d_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &w = pass.w, &y = pass.y;
    const Window2d& window = pass.params.window;
    const Requantize& result = pass.params.result;
    const std::int64_t inputs = w.dim(1), outputs = w.dim(0);
    for (std::int64_t at = 0; at < y.numel(); ++at) {
        const std::int64_t o = at % outputs, ow = at / outputs % y.dim(2),
                           oh = at / outputs / y.dim(2) % y.dim(1), n = at / outputs / y.dim(2) / y.dim(1);
        auto sum = static_cast<std::uint32_t>(pass.bias.data<std::int32_t>()[o]);
        for (std::int64_t i = 0; i < inputs; ++i)
            for (std::int64_t kh = 0; kh < window.kernel_h; ++kh)
                for (std::int64_t kw = 0; kw < window.kernel_w; ++kw) {
                    const std::int64_t row = oh * window.stride_h + kh * window.dilation_h - window.pad_top;
                    const std::int64_t column =
                        ow * window.stride_w + kw * window.dilation_w - window.pad_left;
                    if (row < 0 || row >= x.dim(1) || column < 0 || column >= x.dim(2)) continue;
                    const int byte =
                        x.data<std::uint8_t>()[((n * x.dim(1) + row) * x.dim(2) + column) * inputs + i];
                    const int weight =
                        w.data<std::int8_t>()[((o * inputs + i) * window.kernel_h + kh) * window.kernel_w +
                                              kw];
                    sum += static_cast<std::uint32_t>((byte - pass.params.input_zero) * weight);
                }
        float value = static_cast<float>(static_cast<std::int32_t>(sum)) * pass.multiplier.data<float>()[o];
        if (pass.residual) {
            const int residual = pass.residual.data<std::uint8_t>()[at] - result.residual_zero;
            value = value + static_cast<float>(residual) * result.residual_multiplier;
        }
        if (y.dtype() == DType::float32) {
            y.data<float>()[at] = value;
            continue;
        }
        const float low = static_cast<float>(-result.zero), high = static_cast<float>(255 - result.zero);
        const float kept = std::nearbyint(std::fmin(std::fmax(value, low), high));
        y.data<std::uint8_t>()[at] = static_cast<std::uint8_t>(static_cast<int>(kept) + result.zero);
    }
}

}  // namespace tern::quantized_conv2d_passes
