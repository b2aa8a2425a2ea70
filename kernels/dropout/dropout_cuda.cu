// One block of Philox serves four elements, as in the CPU implementation: a number is kept if its upper 24 bits
// reach the probability in units of 2^-24, so that the masks are equal.
#include <cmath>

#include "tern/kernels/dropout/dropout_passes.hpp"
#include "tern/kernels/shared/flat_cuda.cuh"

namespace tern::dropout_passes {
namespace {

template <class T>
struct Dropout {
    static constexpr int kPack = cuda::kPackSize<T>;  // 4 or 8: whole blocks of random numbers
    RandomStream stream;
    std::uint64_t first;
    std::uint32_t threshold;
    float scale;
    const T* x;
    T* y;

    template <int N>
    __device__ void run(std::int64_t i) const {
        const std::uint64_t number = first + static_cast<std::uint64_t>(i);
        float values[N];
        cuda::load_floats(x + i, values);
        if constexpr (N == 1) {
            const Random4 random = stream.bits(number / 4);
            const auto place = number % 4;  // selected, not indexed: an array would go through memory
            const std::uint32_t low = place == 0 ? random.v[0] : random.v[1],
                                high = place == 2 ? random.v[2] : random.v[3];
            values[0] = kept(values[0], place < 2 ? low : high);
        } else {
#pragma unroll
            for (int v = 0; v < N; v += 4) {
                const Random4 random = stream.bits((number + v) / 4);
#pragma unroll
                for (int j = 0; j < 4; ++j) values[v + j] = kept(values[v + j], random.v[j]);
            }
        }
        cuda::store_floats(values, y + i);
    }

    __device__ float kept(float value, std::uint32_t random) const {
        return (random >> 8) >= threshold ? value * scale : 0.0f;
    }
};

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto& [probability, random, first] = pass.params;
    const auto threshold = static_cast<std::uint32_t>(std::ceil(probability * 0x1p24));
    const auto scale = static_cast<float>(1 / (1 - probability));
    visit_cuda_floating(x.dtype(), [&, random = random, first = first]<class T>() {
        // A pack takes whole blocks.
        launch_flat(Dropout<T>{random, first, threshold, scale, x.data<T>(), y.data<T>()}, x.numel(), {x, y},
                    stream, first % 4 == 0);
    });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_types({pass.x}, why_not);
}

}  // namespace tern::dropout_passes
