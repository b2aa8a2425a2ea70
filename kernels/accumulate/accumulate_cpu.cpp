#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/accumulate/accumulate_passes.hpp"

namespace tern::accumulate_passes {

void run(Cpu, const Forward& pass, const Stream&) {
    // Memory-bound: what the compiler's baseline vectors load keeps the memory busy.
    const float* sum = pass.sum.data<float>();
    const float* term = pass.term.data<float>();
    float* result = pass.result.data<float>();
    parallel_for(pass.sum.numel(), 1 << 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) result[i] = sum[i] + term[i];
    });
}

}  // namespace tern::accumulate_passes
