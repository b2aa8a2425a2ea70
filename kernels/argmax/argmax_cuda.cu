// A thread for each result: right for scores of a few classes, one row for each image. Long rows would be
// better off with a warp each.
#include "tern/core/cuda/device/divisor.hpp"
#include "tern/kernels/argmax/argmax_functions.hpp"
#include "tern/kernels/argmax/argmax_passes.hpp"
#include "tern/kernels/shared/nest_cuda.cuh"

namespace tern::argmax_passes {
namespace {

template <class T>
struct Argmax {
    const T* x;
    std::int64_t* y;
    std::int64_t along;
    cuda::Divisor inner;

    __device__ void operator()(std::int64_t i) const {
        const auto index = static_cast<int>(i);
        const std::int64_t first = inner.quotient(index) * along * inner.divisor() + inner.remainder(index);
        y[i] = place_of_largest(x + first, along, inner.divisor());
    }
};

}  // namespace

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_offsets(tensors_of(pass), why_not);
}

void run(Cuda, const Forward& pass, const Stream& stream) {
    if (pass.y.numel() == 0) return;
    const AxisExtents e = pass.extents();
    visit_any(pass.x.dtype(), [&]<class T>() {
        const Argmax<T> work{pass.x.data<T>(), pass.y.data<std::int64_t>(), e.along, cuda::Divisor(e.inner)};
        launch_elements(work, pass.y.numel(), stream);
    });
}

}  // namespace tern::argmax_passes
