// Channels side by side: the compiler makes vectors of the sums.
#include <algorithm>
#include <cmath>
#include <vector>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/quantized_global_average_pool/quantized_global_average_pool_passes.hpp"

namespace tern::quantized_global_average_pool_passes {

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor& x = pass.x;
    const std::int64_t pixels = x.dim(1) * x.dim(2), channels = x.dim(3);
    const int zero = pass.params.zero;
    const std::int32_t zeros = pass.params.input_zero * static_cast<std::int32_t>(pixels);
    parallel_for(x.dim(0), 1, [&](std::int64_t begin, std::int64_t end) {
        std::vector<std::int32_t> sums(static_cast<std::size_t>(channels));
        for (std::int64_t n = begin; n < end; ++n) {
            std::ranges::fill(sums, 0);
            const std::uint8_t* from = x.data<std::uint8_t>() + n * pixels * channels;
            for (std::int64_t p = 0; p < pixels; ++p, from += channels)
                for (std::int64_t c = 0; c < channels; ++c) sums[static_cast<std::size_t>(c)] += from[c];
            std::uint8_t* const to = pass.y.data<std::uint8_t>() + n * channels;
            for (std::int64_t c = 0; c < channels; ++c) {
                const auto sum = static_cast<float>(sums[static_cast<std::size_t>(c)] - zeros);
                const float value = sum / static_cast<float>(pixels) * pass.params.multiplier;
                const float kept =
                    std::clamp(value, static_cast<float>(-zero), static_cast<float>(255 - zero));
                to[c] = static_cast<std::uint8_t>(static_cast<int>(std::nearbyint(kept)) + zero);
            }
        }
    });
}

}  // namespace tern::quantized_global_average_pool_passes
