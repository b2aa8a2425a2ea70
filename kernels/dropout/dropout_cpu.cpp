// One block of Philox serves four elements. A number is kept if its upper 24 bits reach the probability in
// units of 2^-24, the integer form of uniform() >= probability.
#include "tern/kernels/dropout/dropout.hpp"

#include <algorithm>
#include <cmath>

#include "tern/core/parallel.hpp"
#include "tern/kernels/op.hpp"

namespace tern::dropout_passes {

void forward_cpu(const Problem& problem, const Stream&) {
    const float* x = problem.inputs[0].data<float>();
    float* y = problem.outputs[0].data<float>();
    const DropoutParams params = problem.params<DropoutParams>();
    const auto threshold = static_cast<std::uint32_t>(std::ceil(params.probability * 0x1p24));
    const auto scale = static_cast<float>(1 / (1 - params.probability));
    constexpr std::int64_t kChunk = 1 << 14;  // a multiple of four
    parallel_for(problem.inputs[0].numel(), kChunk, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; i += 4) {
            const Random4 random = params.stream.bits(static_cast<std::uint64_t>(i / 4));
            for (std::int64_t j = 0; j < std::min<std::int64_t>(4, end - i); ++j)
                y[i + j] = (random.v[j] >> 8) >= threshold ? x[i + j] * scale : 0.0f;
        }
    });
}

}  // namespace tern::dropout_passes
