// A scan for each result, over threads: scores of classes are short rows, of a few nanoseconds each.
#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/argmax/argmax_functions.hpp"
#include "tern/kernels/argmax/argmax_passes.hpp"

namespace tern::argmax_passes {

void run(Cpu, const Forward& pass, const Stream&) {
    if (pass.y.numel() == 0) return;
    const AxisExtents e = pass.extents();
    std::int64_t* const y = pass.y.data<std::int64_t>();
    const std::int64_t per_chunk = std::max<std::int64_t>(1, (1 << 15) / e.along);
    visit_any(pass.x.dtype(), [&]<class T>() {
        const T* const x = pass.x.data<T>();
        parallel_for(e.outer * e.inner, per_chunk, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i)
                y[i] = place_of_largest(x + i / e.inner * e.along * e.inner + i % e.inner, e.along, e.inner);
        });
    });
}

}  // namespace tern::argmax_passes
