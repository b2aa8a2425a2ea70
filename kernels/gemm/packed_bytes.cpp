#include "tern/kernels/gemm/packed_bytes.hpp"

#include <algorithm>

namespace tern::gemm {

ByteBlock PackedBytes::block() const {
    return {.rows = 0,
            .columns = outputs,
            .a = nullptr,
            .a_row = 0,
            .segments = {},
            .quads = quads,
            .b = b.data(),
            .start = start.data(),
            .results = {.multiplier = multiplier.data()}};
}

PackedBytes pack_bytes(const Tensor& weight, const Tensor& bias, const Tensor& multiplier, int input_zero) {
    const std::int64_t outputs = weight.dim(0), inputs = weight.dim(1);
    const std::int64_t taps = weight.numel() == 0 ? 1 : weight.numel() / (outputs * inputs);
    PackedBytes packed;
    packed.outputs = outputs;
    packed.quads = up_to_multiple(inputs, kQuad) / kQuad;
    const std::int64_t width = up_to_multiple(outputs, kByteColumns),
                       panel = taps * packed.quads * kByteColumns * kQuad;
    packed.b.resize(static_cast<std::size_t>(width / kByteColumns * panel));
    packed.start.resize(static_cast<std::size_t>(width));
    packed.multiplier.resize(static_cast<std::size_t>(width));
    const std::int8_t* from = weight.data<std::int8_t>();
    for (std::int64_t o = 0; o < outputs; ++o) {
        std::int32_t sum = 0;
        std::int8_t* const column = packed.b.data() + o / kByteColumns * panel + o % kByteColumns * kQuad;
        for (std::int64_t i = 0; i < inputs; ++i) {
            std::int8_t* to = column + i / kQuad * kByteColumns * kQuad + i % kQuad;
            for (std::int64_t t = 0; t < taps; ++t, to += packed.quads * kByteColumns * kQuad) {
                *to = *from++;
                sum += *to;
            }
        }
        packed.start[static_cast<std::size_t>(o)] = bias.data<std::int32_t>()[o] - input_zero * sum;
    }
    std::copy_n(multiplier.data<float>(), outputs, packed.multiplier.begin());
    return packed;
}

}  // namespace tern::gemm
