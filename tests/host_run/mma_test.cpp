// The plain version of mma.m16n8k16: its fragments lie in the lanes as the PTX ISA says, in the ISA's own
// words (elements a0..a7, b0..b3, c0..c3), which mma.cuh states per word.
#include "tern/core/cuda/device/mma.cuh"

#include <array>
#include <vector>

#include "tern/tests/host_run/host_launch.hpp"

using namespace tern;
using test::host_launch, test::in_all_orders;

namespace {

struct MatrixPlace {
    int row, column;
};

__device__ MatrixPlace place_in_a(int lane, int i) {
    const int group_id = lane >> 2, thread_in_group = lane % 4;
    const bool upper = (0 <= i && i < 2) || (4 <= i && i < 6);
    return {upper ? group_id : group_id + 8, thread_in_group * 2 + (i & 1) + (i < 4 ? 0 : 8)};
}

__device__ MatrixPlace place_in_b(int lane, int i) {
    const int group_id = lane >> 2, thread_in_group = lane % 4;
    return {thread_in_group * 2 + (i & 1) + (i < 2 ? 0 : 8), group_id};
}

__device__ MatrixPlace place_in_c(int lane, int i) {
    const int group_id = lane >> 2, thread_in_group = lane % 4;
    return {i < 2 ? group_id : group_id + 8, thread_in_group * 2 + (i & 1)};
}

// a: (16, 16), b: (16, 8), c: (warps, 16, 8), which the products are added to; the second warp takes b twice.
template <class T>
__global__ void mma_kernel(const T* a, const T* b, float* c) {
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    std::uint32_t words_a[4] = {}, words_b[2] = {};
    for (int i = 0; i < 8; ++i) {
        const MatrixPlace place = place_in_a(lane, i);
        words_a[i / 2] |= static_cast<std::uint32_t>(a[place.row * 16 + place.column].bits) << i % 2 * 16;
    }
    for (int i = 0; i < 4; ++i) {
        const MatrixPlace place = place_in_b(lane, i);
        const T value(static_cast<float>(b[place.row * 8 + place.column]) * static_cast<float>(1 + warp));
        words_b[i / 2] |= static_cast<std::uint32_t>(value.bits) << i % 2 * 16;
    }
    float sums[4];
    for (int i = 0; i < 4; ++i) {
        const MatrixPlace place = place_in_c(lane, i);
        sums[i] = c[(warp * 16 + place.row) * 8 + place.column];
    }
    cuda::mma_m16n8k16<T>(sums, words_a, words_b);
    for (int i = 0; i < 4; ++i) {
        const MatrixPlace place = place_in_c(lane, i);
        c[(warp * 16 + place.row) * 8 + place.column] = sums[i];
    }
}

// Whole numbers so small that every sum is exact.
template <class T>
void check_products() {
    constexpr int kWarps = 2;
    std::vector<T> a, b;
    for (int i = 0; i < 16 * 16; ++i) a.push_back(T(static_cast<float>(i * 7 % 31 - 15)));
    for (int i = 0; i < 16 * 8; ++i) b.push_back(T(static_cast<float>(i * 5 % 17 - 8)));
    std::vector<float> want(kWarps * 16 * 8);
    for (int i = 0; i < kWarps * 16 * 8; ++i) {
        const int row = i / 8 % 16, column = i % 8, scale = 1 + i / 128;
        want[i] = static_cast<float>(i);
        for (int k = 0; k < 16; ++k)
            want[i] += static_cast<float>(a[row * 16 + k]) * static_cast<float>(b[k * 8 + column]) *
                       static_cast<float>(scale);
    }
    in_all_orders([&] {
        std::vector<float> c(want.size());
        for (std::size_t i = 0; i < c.size(); ++i) c[i] = static_cast<float>(i);
        host_launch(mma_kernel<T>, dim3(1), dim3(32 * kWarps), 0, a.data(), b.data(), c.data());
        CHECK(c == want);
    });
}

}  // namespace

TEST_CASE("mma.m16n8k16 multiplies fragments that lie as the ISA says") {
    check_products<bfloat16>();
    check_products<float16>();
}
