// A thread per element counts those that come before it, up to k: its place in the result. It looks at its
// neighbours first, ever farther away: wherever larger ones are near, in rising and falling rows too, it is soon
// done. Right for the scores of classes; a row of many thousands that holds its largest in one place would be
// better off sorted.
#include "tern/kernels/shared/axis_cuda.cuh"
#include "tern/kernels/shared/visit_cuda.cuh"
#include "tern/kernels/topk/topk_functions.hpp"
#include "tern/kernels/topk/topk_passes.hpp"

namespace tern::topk_passes {
namespace {

template <class T>
struct Rank {
    AxisSplit input;
    int extent, k;
    const T* x;
    T* values;
    std::int64_t* indices;

    __device__ void operator()(std::int64_t element) const {
        int o = 0, n = 0, i = 0;
        input.split(element, o, n, i);
        const int inner = input.inner.divisor();
        const T own = x[element];
        const auto number = static_cast<Ordered<T>>(own);
        int before = 0;
        for (int away = 1; before < k && (away <= n || away < extent - n); ++away) {
            const std::int64_t steps = static_cast<std::int64_t>(away) * inner;
            if (away <= n && at_least(static_cast<Ordered<T>>(x[element - steps]), number)) ++before;
            if (away < extent - n && !at_least(number, static_cast<Ordered<T>>(x[element + steps]))) ++before;
        }
        if (before >= k) return;
        const std::int64_t to = (static_cast<std::int64_t>(o) * k + before) * inner + i;
        values[to] = own;
        indices[to] = n;
    }
};

}  // namespace

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_offsets(tensors_of(pass), why_not);
}

void run(Cuda, const Forward& pass, const Stream& stream) {
    if (pass.values.numel() == 0) return;
    const AxisExtents e(pass.x.shape(), pass.params.axis);
    visit_any(pass.x.dtype(), [&]<class T>() {
        const Rank<T> work{AxisSplit(e.inner, e.along),     static_cast<int>(e.along),
                           static_cast<int>(pass.params.k), pass.x.data<T>(),
                           pass.values.data<T>(),           pass.indices.data<std::int64_t>()};
        launch_elements(work, pass.x.numel(), stream);
    });
}

}  // namespace tern::topk_passes
