// Loops that memory bounds; the compiler makes vectors of them.
#include <algorithm>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/fake_quantize/fake_quantize_passes.hpp"

namespace tern::fake_quantize_passes {
namespace {

constexpr std::int64_t kElements = 1 << 16;  // that a thread takes

// 3 * 2^22 added leaves no place for fractions; what is beyond 2^22 stays beyond it.
inline float rounded(float number) {
    constexpr float kShift = 0x1.8p23F;
    return (number + kShift) - kShift;
}

// Calls work(begin, end, scale) for stretches of elements with one scale.
template <class P, class Work>
void for_each_stretch(const P& pass, Work work) {
    const std::int64_t row = pass.x.numel() / std::max<std::int64_t>(pass.scale.numel(), 1);
    const float* const scales = pass.scale.template data<float>();
    parallel_for(pass.x.numel(), kElements, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t stop = 0; begin < end; begin = stop) {
            stop = std::min(end, (begin / row + 1) * row);
            work(begin, stop, scales[begin / row]);
        }
    });
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const float* const x = pass.x.data<float>();
    float* const y = pass.y.data<float>();
    const auto low = static_cast<float>(pass.params.low), high = static_cast<float>(pass.params.high);
    for_each_stretch(pass, [=](std::int64_t begin, std::int64_t end, float scale) {
        const float factor = 1 / scale;
        for (std::int64_t i = begin; i < end; ++i) {
            const float q = rounded(x[i] * factor), above = q < low ? low : q;
            y[i] = (above > high ? high : above) * scale;
        }
    });
}

void run(Cpu, const Backward& pass, const Stream&) {
    const float *const x = pass.x.data<float>(), *const dy = pass.dy.data<float>();
    float* const dx = pass.dx.data<float>();
    const auto low = static_cast<float>(pass.params.low), high = static_cast<float>(pass.params.high);
    for_each_stretch(pass, [=](std::int64_t begin, std::int64_t end, float scale) {
        const float factor = 1 / scale;
        for (std::int64_t i = begin; i < end; ++i) {
            const float q = rounded(x[i] * factor), kept = q <= high ? dy[i] : 0;
            dx[i] = q >= low ? kept : 0;
        }
    });
}

}  // namespace tern::fake_quantize_passes
