// A thread per element of the result; the kind is a branch that all threads take alike.
#include "tern/kernels/compare/compare_functions.hpp"
#include "tern/kernels/compare/compare_passes.hpp"
#include "tern/kernels/shared/nest_cuda.cuh"

namespace tern::compare_passes {
namespace {

template <class T>
struct Compare {
    DeviceNest<2> nest;  // offsets of a and b
    Comparison kind;
    const T *a, *b;
    std::uint8_t* y;

    __device__ void operator()(std::int64_t i) const {
        const auto at = nest.offsets_of(static_cast<std::uint32_t>(i));
        y[i] = compares(kind, static_cast<Compared<T>>(a[at.v[0]]), static_cast<Compared<T>>(b[at.v[1]]));
    }
};

}  // namespace

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_offsets(tensors_of(pass), why_not);
}

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &a = pass.a, &b = pass.b, &y = pass.y;
    const auto strides_a = broadcast_strides(a.shape(), y.shape());
    const auto strides_b = broadcast_strides(b.shape(), y.shape());
    LoopNest<2> nest;
    for (int d = 0; d < y.rank(); ++d) nest.add(y.dim(d), {strides_a[d], strides_b[d]});
    visit_any(a.dtype(), [&]<class T>() {
        const Compare<T> work{device_nest(nest), pass.params.kind, a.data<T>(), b.data<T>(),
                              y.data<std::uint8_t>()};
        launch_elements(work, y.numel(), stream);
    });
}

}  // namespace tern::compare_passes
