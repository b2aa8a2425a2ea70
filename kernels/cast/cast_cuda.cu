// From every type to every type: 49 kernels of a few instructions.
#include <limits>

#include "tern/kernels/cast/cast_passes.hpp"
#include "tern/kernels/shared/flat_cuda.cuh"

namespace tern::cast_passes {
namespace {

template <class T>
constexpr bool kIsInteger = std::is_integral_v<T>;
template <class T>
constexpr T kLowest = std::numeric_limits<T>::min();
template <class T>
constexpr T kHighest = std::numeric_limits<T>::max();

// Towards zero, kept inside the type's range; a NaN gives 0.
template <class To>
__device__ To integer_of(double value) {
    if (value <= static_cast<double>(kLowest<To>)) return kLowest<To>;
    if (value >= static_cast<double>(kHighest<To>)) return kHighest<To>;  // 2^63 for int64
    return value == value ? static_cast<To>(value) : To{0};
}

template <class To, class From>
__device__ To converted(From value) {
    if constexpr (kIsInteger<To> && kIsInteger<From>)
        return static_cast<To>(value);
    else if constexpr (kIsInteger<To>)
        return integer_of<To>(static_cast<double>(value));
    else if constexpr (kIsInteger<From>)
        return static_cast<To>(static_cast<Compute<To>>(value));
    else
        return static_cast<To>(static_cast<Compute<From>>(value));
}

template <class To, class From>
struct Cast {
    static constexpr int kPack = cuda::kPackSize<std::conditional_t<(sizeof(From) > sizeof(To)), From, To>>;
    const From* x;
    To* y;

    template <int N>
    __device__ void run(std::int64_t i) const {
        const auto from = cuda::load_pack<N>(x + i);
        cuda::Pack<To, N> to;
#pragma unroll
        for (int v = 0; v < N; ++v) to[v] = converted<To>(from[v]);
        cuda::store_pack<N>(y + i, to);
    }
};

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y;
    visit_any(x.dtype(), [&]<class From>() {
        visit_any(y.dtype(), [&]<class To>() {
            launch_flat(Cast<To, From>{x.data<From>(), y.data<To>()}, x.numel(), {x, y}, stream);
        });
    });
}

bool accepts(Cuda, const Forward&, std::string*) { return true; }

}  // namespace tern::cast_passes
