#include <cmath>
#include <vector>

#include "tern/kernels/quantized_separable_conv2d/quantized_separable_conv2d_passes.hpp"

namespace tern::quantized_separable_conv2d_passes {
namespace {

std::uint8_t byte_of(float value, int zero) {
    const float kept = std::fmin(std::fmax(value, static_cast<float>(-zero)), static_cast<float>(255 - zero));
    return static_cast<std::uint8_t>(static_cast<int>(std::nearbyint(kept)) + zero);
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const QuantizedSeparableConv2dParams& params = pass.params;
    const Window2d& window = params.window;
    const std::int64_t channels = x.dim(3), outputs = y.dim(3);
    std::vector<int> middle(static_cast<std::size_t>(channels));
    for (std::int64_t pixel = 0; pixel < y.dim(0) * y.dim(1) * y.dim(2); ++pixel) {
        const std::int64_t ow = pixel % y.dim(2), oh = pixel / y.dim(2) % y.dim(1),
                           n = pixel / y.dim(2) / y.dim(1);
        for (std::int64_t c = 0; c < channels; ++c) {
            auto sum = static_cast<std::uint32_t>(pass.depthwise_bias.data<std::int32_t>()[c]);
            for (std::int64_t kh = 0; kh < window.kernel_h; ++kh)
                for (std::int64_t kw = 0; kw < window.kernel_w; ++kw) {
                    const std::int64_t row = oh * window.stride_h + kh * window.dilation_h - window.pad_top;
                    const std::int64_t column =
                        ow * window.stride_w + kw * window.dilation_w - window.pad_left;
                    if (row < 0 || row >= x.dim(1) || column < 0 || column >= x.dim(2)) continue;
                    const int byte =
                        x.data<std::uint8_t>()[((n * x.dim(1) + row) * x.dim(2) + column) * channels + c];
                    const int weight =
                        pass.depthwise.data<std::int8_t>()[(c * window.kernel_h + kh) * window.kernel_w + kw];
                    sum += static_cast<std::uint32_t>((byte - params.input_zero) * weight);
                }
            const float value = static_cast<float>(static_cast<std::int32_t>(sum)) *
                                pass.depthwise_multiplier.data<float>()[c];
            middle[static_cast<std::size_t>(c)] = byte_of(value, params.middle_zero);
        }
        for (std::int64_t o = 0; o < outputs; ++o) {
            auto sum = static_cast<std::uint32_t>(pass.bias.data<std::int32_t>()[o]);
            for (std::int64_t c = 0; c < channels; ++c)
                sum += static_cast<std::uint32_t>((middle[static_cast<std::size_t>(c)] - params.middle_zero) *
                                                  pass.pointwise.data<std::int8_t>()[o * channels + c]);
            float value =
                static_cast<float>(static_cast<std::int32_t>(sum)) * pass.multiplier.data<float>()[o];
            if (pass.residual) {
                const int residual =
                    pass.residual.data<std::uint8_t>()[pixel * outputs + o] - params.result.residual_zero;
                value = value + static_cast<float>(residual) * params.result.residual_multiplier;
            }
            y.data<std::uint8_t>()[pixel * outputs + o] = byte_of(value, params.result.zero);
        }
    }
}

}  // namespace tern::quantized_separable_conv2d_passes
