// Forward, the whole is filled with the value and the input copied into the middle: two kernels, the second
// of which writes once more what it copies. Backward, the middle is copied out.
#include "tern/kernels/pad/pad_passes.hpp"
#include "tern/kernels/shared/copy_cuda.cuh"

namespace tern::pad_passes {
namespace {

template <class T>
struct Fill {
    static constexpr int kPack = cuda::kPackSize<T>;
    T value;
    T* to;

    template <int N>
    __device__ void run(std::int64_t i) const {
        cuda::Pack<T, N> pack;
        for (int v = 0; v < N; ++v) pack[v] = value;
        cuda::store_pack<N>(to + i, pack);
    }
};

// The steps through the inner tensor, and where in the padded one they start.
struct Middle {
    LoopNest<2> nest;
    std::int64_t first = 0;
};

Middle middle_of(const Shape& inner, const Shape& padded, const PadParams& params, bool to_padded) {
    const auto strides_inner = row_major_strides(inner), strides_padded = row_major_strides(padded);
    Middle middle;
    for (int d = 0; d < inner.rank(); ++d) {
        const std::int64_t to = to_padded ? strides_padded[d] : strides_inner[d],
                           from = to_padded ? strides_inner[d] : strides_padded[d];
        middle.nest.add(inner[d], {to, from});
        middle.first += params.borders[d].first * strides_padded[d];
    }
    return middle;
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto& params = pass.params;
    visit_any(y.dtype(), [&]<class T>() {
        launch_flat(Fill<T>{element_of<T>(params.value), y.data<T>()}, y.numel(), {y}, stream);
    });
    const Middle middle = middle_of(x.shape(), y.shape(), params, true);
    const std::int64_t size = size_of(x.dtype());
    launch_copy(middle.nest, x.raw_data(), y.raw_data() + middle.first * size, size, stream);
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    const Tensor &dy = pass.dy, &dx = pass.dx;
    const auto& params = pass.params;
    const Middle middle = middle_of(dx.shape(), dy.shape(), params, false);
    const std::int64_t size = size_of(dy.dtype());
    launch_copy(middle.nest, dy.raw_data() + middle.first * size, dx.raw_data(), size, stream);
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_offsets(tensors_of(pass), why_not);
}
bool accepts(Cuda, const Backward& pass, std::string* why_not) {
    return accepts_cuda_offsets(tensors_of(pass), why_not);
}

}  // namespace tern::pad_passes
