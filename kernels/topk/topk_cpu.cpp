// Lines over threads; of each the numbers beside their places, partly sorted in a heap of k.
#include <algorithm>
#include <vector>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/topk/topk_functions.hpp"
#include "tern/kernels/topk/topk_passes.hpp"

namespace tern::topk_passes {
namespace {

template <class T>
struct Candidate {
    Ordered<T> number;
    std::int64_t place;

    friend bool operator<(const Candidate& a, const Candidate& b) {  // a comes first
        return a.place < b.place ? at_least(a.number, b.number) : !at_least(b.number, a.number);
    }
};

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    if (pass.values.numel() == 0) return;
    const AxisExtents e(pass.x.shape(), pass.params.axis);
    const std::int64_t k = pass.params.k;
    std::int64_t* const indices = pass.indices.data<std::int64_t>();
    visit_any(pass.x.dtype(), [&]<class T>() {
        const T* const x = pass.x.data<T>();
        T* const values = pass.values.data<T>();
        const std::int64_t per_chunk = std::max<std::int64_t>(1, (1 << 13) / e.along);
        parallel_for(e.outer * e.inner, per_chunk, [&](std::int64_t begin, std::int64_t end) {
            std::vector<Candidate<T>> line(static_cast<std::size_t>(e.along));
            for (; begin < end; ++begin) {
                const std::int64_t o = begin / e.inner, i = begin % e.inner;
                const T* const from = x + o * e.along * e.inner + i;
                for (std::int64_t n = 0; n < e.along; ++n)
                    line[n] = {static_cast<Ordered<T>>(from[n * e.inner]), n};
                std::partial_sort(line.begin(), line.begin() + k, line.end());
                for (std::int64_t n = 0; n < k; ++n) {
                    const std::int64_t to = (o * k + n) * e.inner + i;
                    values[to] = from[line[n].place * e.inner];
                    indices[to] = line[n].place;
                }
            }
        });
    });
}

}  // namespace tern::topk_passes
