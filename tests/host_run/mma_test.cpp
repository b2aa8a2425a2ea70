// The plain version of mma.m16n8k16: its fragments lie in the lanes as the PTX ISA says, in the ISA's own
// words (elements a0..a7, b0..b3, c0..c3), which mma.cuh states per word.
#include "tern/core/cuda/device/mma.cuh"

#include <array>
#include <vector>

#include "tern/core/cuda/device/async_copies.cuh"
#include "tern/core/cuda/shared_memory.cuh"
#include "tern/tests/host_run/host_launch.hpp"

using namespace tern;
using test::host_launch, test::in_all_orders;

namespace {

using Octet = cuda::Pack<bfloat16, 8>;
using Quad = cuda::Pack<float, 4>;

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

// sums (16, 16) += A B by ldmatrix, A (16, 16) and B (16, 16), each as it is in memory or transposed there.
template <bool transposed_a, bool transposed_b>
__global__ void products_kernel(const bfloat16* a, const bfloat16* b, float* c) {
    TERN_SHARED(Octet, packs, 2 * 32);
    bfloat16* const shared = reinterpret_cast<bfloat16*>(packs);
    const int thread = static_cast<int>(threadIdx.x);
    for (int i = thread; i < 256; i += 32) {
        shared[i] = a[i];
        shared[256 + i] = b[i];
    }
    __syncthreads();
    const cuda::MatrixLane own_a = cuda::lane_of_a<transposed_a>(), own_b = cuda::lane_of_b<transposed_b>();
    float sums[1][2][4] = {};
    cuda::add_products<transposed_a, transposed_b, bfloat16>(
        sums, [&](int) { return shared + own_a.line * 16 + own_a.first; },
        [&](int n) { return shared + 256 + own_b.line * 16 + own_b.first + n; });
    for (int n = 0; n < 2; ++n)
        for (int i = 0; i < 4; ++i) {
            const MatrixPlace place = place_in_c(thread, i);
            c[place.row * 16 + 8 * n + place.column] = sums[0][n][i];
        }
}

template <bool transposed_a, bool transposed_b>
void check_loaded_products() {
    std::vector<bfloat16> a(256), b(256);  // as in memory
    std::vector<float> want(256);
    const auto of_a = [](int i, int k) { return static_cast<float>((i * 16 + k) * 7 % 31 - 15); };
    const auto of_b = [](int k, int j) { return static_cast<float>((k * 16 + j) * 5 % 17 - 8); };
    for (int i = 0; i < 16; ++i)
        for (int j = 0; j < 16; ++j) {
            a[transposed_a ? j * 16 + i : i * 16 + j] = bfloat16(of_a(i, j));
            b[transposed_b ? i * 16 + j : j * 16 + i] = bfloat16(of_b(i, j));
            for (int k = 0; k < 16; ++k) want[i * 16 + j] += of_a(i, k) * of_b(k, j);
        }
    in_all_orders([&] {
        std::vector<float> c(256);
        host_launch(products_kernel<transposed_a, transposed_b>, dim3(1), dim3(32), 0, a.data(), b.data(),
                    c.data());
        CHECK(c == want);
    });
}

// What is in shared memory before and after the copies have been waited for.
__global__ void copy_kernel(const float* from, float* before, float* after) {
    TERN_SHARED(Quad, packs, 32);
    float* const own = reinterpret_cast<float*>(packs + threadIdx.x);
    own[0] = -1.0f;
    cuda::AsyncCopies copies;
    copies.start(own, from + 4 * threadIdx.x);
    before[threadIdx.x] = own[0];
    copies.wait();
    for (int i = 0; i < 4; ++i) after[4 * threadIdx.x + i] = own[i];
}

// What is in shared memory after each of some groups of copies, when all but the latest two have been waited for.
constexpr int kGroups = 5;
__global__ void copy_groups_kernel(const float* from, float* seen) {
    TERN_SHARED(Quad, packs, 32 * kGroups);
    cuda::AsyncCopies copies;
    const int thread = static_cast<int>(threadIdx.x);
    const auto own = [&](int group) { return reinterpret_cast<float*>(packs + 32 * group + thread); };
    for (int group = 0; group < kGroups; ++group) {
        own(group)[0] = -1.0f;
        copies.start(own(group), from + 4 * thread, group % 2 == 0);
        copies.commit();
        copies.wait_but<2>();
        float* const now = seen + (group * 32 + thread) * kGroups;
        for (int i = 0; i < kGroups; ++i) now[i] = i <= group ? own(i)[0] : -2.0f;
    }
    copies.wait_but<0>();
    for (int i = 0; i < kGroups; ++i) seen[(kGroups * 32 + thread) * kGroups + i] = own(i)[0];
}

}  // namespace

TEST_CASE("fragments that ldmatrix loads multiply as the matrices do, transposed or not") {
    check_loaded_products<false, false>();
    check_loaded_products<false, true>();
    check_loaded_products<true, false>();
    check_loaded_products<true, true>();
}

TEST_CASE("what is copied beside a thread's work is there when it has waited, and not before") {
    struct alignas(16) Floats {
        float values[128];
    } from;
    for (int i = 0; i < 128; ++i) from.values[i] = static_cast<float>(i);
    in_all_orders([&] {
        std::vector<float> before(32), after(128);
        host_launch(copy_kernel, dim3(1), dim3(32), 0, static_cast<const float*>(from.values), before.data(),
                    after.data());
        CHECK(before == std::vector<float>(32, -1.0f));
        CHECK(after == std::vector<float>(from.values, from.values + 128));
    });
}

TEST_CASE("groups of copies are there in their order, all but the latest, and zeros for what is outside") {
    struct alignas(16) Floats {
        float values[128];
    } from;
    for (int i = 0; i < 128; ++i) from.values[i] = static_cast<float>(i + 1);
    in_all_orders([&] {
        std::vector<float> seen((kGroups + 1) * 32 * kGroups);
        host_launch(copy_groups_kernel, dim3(1), dim3(32), 0, static_cast<const float*>(from.values),
                    seen.data());
        for (int group = 0; group <= kGroups; ++group)
            for (int thread = 0; thread < 32; ++thread)
                for (int i = 0; i < kGroups; ++i) {
                    const int done = group == kGroups ? kGroups : group - 1;
                    const float copied = i % 2 == 0 ? from.values[4 * thread] : 0.0f;
                    const float want = i < done ? copied : i <= group ? -1.0f : -2.0f;
                    CHECK(seen[(group * 32 + thread) * kGroups + i] == want);
                }
    });
}

TEST_CASE("mma.m16n8k16 multiplies fragments that lie as the ISA says") {
    check_products<bfloat16>();
    check_products<float16>();
}
