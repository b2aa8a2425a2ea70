#include <cmath>

#include "tern/kernels/quantized_global_average_pool/quantized_global_average_pool_passes.hpp"

namespace tern::quantized_global_average_pool_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const int zero = pass.params.zero;
    const std::int64_t pixels = x.dim(1) * x.dim(2), channels = x.dim(3);
    for (std::int64_t at = 0; at < y.numel(); ++at) {
        std::int32_t sum = 0;
        for (std::int64_t p = 0; p < pixels; ++p)
            sum += x.data<std::uint8_t>()[(at / channels * pixels + p) * channels + at % channels] -
                   pass.params.input_zero;
        const float value = static_cast<float>(sum) / static_cast<float>(pixels) * pass.params.multiplier;
        const float kept =
            std::fmin(std::fmax(value, static_cast<float>(-zero)), static_cast<float>(255 - zero));
        y.data<std::uint8_t>()[at] = static_cast<std::uint8_t>(static_cast<int>(std::nearbyint(kept)) + zero);
    }
}

}  // namespace tern::quantized_global_average_pool_passes
