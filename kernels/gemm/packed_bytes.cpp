#include "tern/kernels/gemm/packed_bytes.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "tern/kernels/gemm/multiple.hpp"

namespace tern::gemm {

ByteBlock PackedBytes::block(const Requantize& rule) const {
    return {.rows = 0,
            .columns = outputs,
            .a = nullptr,
            .a_row = 0,
            .segments = {},
            .quads = quads,
            .b = b.data(),
            .start = start.data(),
            .results = {.multiplier = multiplier.data(),
                        .residual_multiplier = rule.residual_multiplier,
                        .residual_zero = rule.residual_zero,
                        .zero = rule.zero}};
}

PackedBytes pack_bytes(const Tensor& weight, const Tensor& bias, const Tensor& multiplier, int input_zero) {
    const std::int64_t outputs = weight.dim(0), inputs = weight.dim(1);
    const std::int64_t taps = weight.numel() == 0 ? 1 : weight.numel() / (outputs * inputs);
    PackedBytes packed;
    packed.outputs = outputs;
    packed.taps = taps;
    packed.quads = up_to_multiple(inputs, kQuad) / kQuad;
    const std::int64_t width = up_to_multiple(outputs, kByteColumns),
                       panel = taps * packed.quads * kByteColumns * kQuad;
    packed.b.resize(static_cast<std::size_t>(width / kByteColumns * panel));
    packed.start.resize(static_cast<std::size_t>(width));
    packed.multiplier.resize(static_cast<std::size_t>(width));
    const std::int8_t* from = weight.data<std::int8_t>();
    const std::int32_t* const biases = bias.data<std::int32_t>();
    constexpr std::int64_t kLine = kByteColumns * kQuad;
    for (std::int64_t o = 0; o < outputs; ++o, from += inputs * taps) {
        std::int8_t* const column = packed.b.data() + o / kByteColumns * panel + o % kByteColumns * kQuad;
        if (taps == 1) {
            for (std::int64_t i = 0; i < inputs; i += kQuad)
                std::memcpy(column + i / kQuad * kLine, from + i,
                            static_cast<std::size_t>(std::min(kQuad, inputs - i)));
        } else {
            for (std::int64_t i = 0; i < inputs; ++i)
                for (std::int64_t t = 0; t < taps; ++t)
                    column[(t * packed.quads + i / kQuad) * kLine + i % kQuad] = from[i * taps + t];
        }
        const std::int32_t sum = std::accumulate(from, from + inputs * taps, std::int32_t{0});
        packed.start[static_cast<std::size_t>(o)] = biases[o] - input_zero * sum;
    }
    std::copy_n(multiplier.data<float>(), outputs, packed.multiplier.begin());
    const std::int64_t last = width - kByteColumns, period = panel_period(outputs - last);
    for (std::int64_t o = last + period; o < width; ++o) {
        packed.start[static_cast<std::size_t>(o)] = packed.start[static_cast<std::size_t>(o - period)];
        packed.multiplier[static_cast<std::size_t>(o)] =
            packed.multiplier[static_cast<std::size_t>(o - period)];
    }
    return packed;
}

}  // namespace tern::gemm
