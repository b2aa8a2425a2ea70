#include "tern/kernels/gemm/packed_bytes.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "tern/kernels/gemm/multiple.hpp"
#include "tern/kernels/shared/kept_weights.hpp"

namespace tern::gemm {
namespace {

// Whole panels, of the last its columns again and again.
template <class T>
void repeat_columns(std::int64_t count, std::vector<T>& values) {
    const auto size = static_cast<std::int64_t>(values.size());
    const std::int64_t last = size - kByteColumns, period = panel_period(count - last);
    for (std::int64_t i = last + period; i < size; ++i)
        values[static_cast<std::size_t>(i)] = values[static_cast<std::size_t>(i - period)];
}

PackedBytes pack(const Tensor& weight, const Tensor& bias, int input_zero) {
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
        const std::int64_t sum = std::accumulate(from, from + inputs * taps, std::int64_t{0});
        packed.start[static_cast<std::size_t>(o)] = static_cast<std::int32_t>(biases[o] - input_zero * sum);
    }
    repeat_columns(outputs, packed.start);
    return packed;
}

}  // namespace

ByteBlock PackedBytes::block(const std::vector<float>& multipliers, const Requantize& rule) const {
    return {.rows = 0,
            .columns = outputs,
            .a = nullptr,
            .a_row = 0,
            .segments = {},
            .quads = quads,
            .b = b.data(),
            .start = start.data(),
            .results = {.multiplier = multipliers.data(),
                        .residual_multiplier = rule.residual_multiplier,
                        .residual_zero = rule.residual_zero,
                        .zero = rule.zero}};
}

std::shared_ptr<const PackedBytes> pack_bytes(const Tensor& weight, const Tensor& bias, int input_zero) {
    return KeptWeights::get({weight, bias}, input_zero, [&] { return pack(weight, bias, input_zero); });
}

std::vector<float> padded_multipliers(const Tensor& multiplier) {
    const std::int64_t outputs = multiplier.numel();
    std::vector<float> result(static_cast<std::size_t>(up_to_multiple(outputs, kByteColumns)));
    std::copy_n(multiplier.data<float>(), outputs, result.begin());
    repeat_columns(outputs, result);
    return result;
}

}  // namespace tern::gemm
