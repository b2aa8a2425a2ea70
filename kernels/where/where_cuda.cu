// A thread per element of the result.
#include "tern/kernels/shared/copy_cuda.cuh"
#include "tern/kernels/where/where_passes.hpp"

namespace tern::where_passes {
namespace {

template <class Word>
struct Where {
    DeviceNest<3> nest;  // offsets of the condition, a and b
    const std::uint8_t* condition;
    const Word *a, *b;
    Word* y;

    __device__ void operator()(std::int64_t i) const {
        const auto at = nest.offsets_of(static_cast<std::uint32_t>(i));
        y[i] = condition[at.v[0]] != 0 ? a[at.v[1]] : b[at.v[2]];
    }
};

}  // namespace

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_offsets(tensors_of(pass), why_not);
}

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor& y = pass.y;
    const auto strides_c = broadcast_strides(pass.condition.shape(), y.shape());
    const auto strides_a = broadcast_strides(pass.a.shape(), y.shape());
    const auto strides_b = broadcast_strides(pass.b.shape(), y.shape());
    LoopNest<3> nest;
    for (int d = 0; d < y.rank(); ++d) nest.add(y.dim(d), {strides_c[d], strides_a[d], strides_b[d]});
    visit_word(size_of(y.dtype()), [&]<class Word>() {
        const Where<Word> work{device_nest(nest), pass.condition.data<std::uint8_t>(),
                               reinterpret_cast<const Word*>(pass.a.raw_data()),
                               reinterpret_cast<const Word*>(pass.b.raw_data()),
                               reinterpret_cast<Word*>(y.raw_data())};
        launch_elements(work, y.numel(), stream);
    });
}

}  // namespace tern::where_passes
