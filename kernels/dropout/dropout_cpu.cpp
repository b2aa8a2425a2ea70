// One block of Philox serves four elements. A number is kept if its upper 24 bits reach the probability in
// units of 2^-24, the integer form of uniform() >= probability.
#include <algorithm>
#include <cmath>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/dropout/dropout_passes.hpp"

namespace tern::dropout_passes {

void run(Cpu, const Forward& pass, const Stream&) {
    const float* x = pass.x.data<float>();
    float* y = pass.y.data<float>();
    const DropoutParams params = pass.params;
    const auto threshold = static_cast<std::uint32_t>(std::ceil(params.probability * 0x1p24));
    const auto scale = static_cast<float>(1 / (1 - params.probability));
    constexpr std::int64_t kChunk = 1 << 14;
    parallel_for(pass.x.numel(), kChunk, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin, count = 0; i < end; i += count) {
            const std::uint64_t number = params.first + static_cast<std::uint64_t>(i);
            const auto place = static_cast<std::int64_t>(number % 4);
            const Random4 random = params.stream.bits(number / 4);
            count = std::min(4 - place, end - i);
            for (std::int64_t j = 0; j < count; ++j)
                y[i + j] = (random.v[place + j] >> 8) >= threshold ? x[i + j] * scale : 0.0f;
        }
    });
}

}  // namespace tern::dropout_passes
