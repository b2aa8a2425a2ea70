// Loops that memory bounds; the compiler makes vectors of them.
#include <bit>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/quantize/quantize_passes.hpp"

namespace tern::quantize_passes {
namespace {

constexpr std::int64_t kElements = 1 << 16;  // that a thread takes

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const float* const x = pass.x.data<float>();
    std::uint8_t* const y = pass.y.data<std::uint8_t>();
    const float scale = pass.params.scale;
    const auto low = static_cast<float>(-pass.params.zero), high = static_cast<float>(255 - pass.params.zero);
    // 3 * 2^22 added leaves no place for fractions.
    constexpr float kShift = 0x1.8p23F;
    const std::int32_t bits = std::bit_cast<std::int32_t>(kShift) - pass.params.zero;
    parallel_for(pass.x.numel(), kElements, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const float value = x[i] / scale, above = value > low ? value : low,
                        kept = above < high ? above : high;
            y[i] = static_cast<std::uint8_t>(std::bit_cast<std::int32_t>(kept + kShift) - bits);
        }
    });
}

void run(Cpu, const Inverse& pass, const Stream&) {
    const std::uint8_t* const x = pass.x.data<std::uint8_t>();
    float* const y = pass.y.data<float>();
    parallel_for(
        pass.x.numel(), kElements,
        [=, zero = pass.params.zero, scale = pass.params.scale](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) y[i] = static_cast<float>(x[i] - zero) * scale;
        });
}

}  // namespace tern::quantize_passes
