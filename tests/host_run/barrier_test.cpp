// Threads, barriers and atomics.
#include <vector>

#include "tern/core/cuda/device/pack.cuh"
#include "tern/tests/host_run/host_launch.hpp"

using namespace tern;
using test::host_launch, test::in_all_orders;

namespace {

__global__ void index_kernel(int* visits) {
    const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    visits[block * blockDim.x * blockDim.y * blockDim.z + thread] +=
        static_cast<int>(1 + block * 1000 + thread);
}

// Hands each value round the block, one thread further in each step.
__global__ void rotate_kernel(const int* x, int* y, int steps) {
    TERN_DYNAMIC_SHARED(int, ring);
    const int n = static_cast<int>(blockDim.x), t = static_cast<int>(threadIdx.x);
    int value = x[t];
    for (int step = 0; step < steps; ++step) {
        ring[t] = value;
        __syncthreads();
        value = ring[(t + 1) % n];
        __syncthreads();
    }
    y[t] = value;
}

__global__ void atomic_kernel(int* sum, unsigned long long* wide, unsigned* high, int* low) {
    const int t = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    atomicAdd(sum, t);
    atomicAdd(wide, 1ull << 40);
    atomicMax(high, static_cast<unsigned>(t));
    atomicMin(low, -t);
}

__global__ void compare_and_swap_kernel(int* taken, int* winner) {
    if (atomicCAS(taken, 0, 1) == 0) atomicExch(winner, static_cast<int>(threadIdx.x));
}

// The last block to come adds up what all blocks wrote: the fence is what makes their writes visible to it.
__global__ void last_block_kernel(int* partial, unsigned* arrived, int* total) {
    TERN_SHARED(bool, is_last, 1);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = static_cast<int>(blockIdx.x) + 1;
        __threadfence();
        is_last[0] = atomicAdd(arrived, 1u) + 1 == gridDim.x;
    }
    __syncthreads();
    if (!is_last[0] || threadIdx.x != 0) return;
    __threadfence();
    for (unsigned block = 0; block < gridDim.x; ++block) *total += partial[block];
}

__global__ void pack_kernel(const float* x, float* y) {
    cuda::Pack<float, 4> pack = cuda::load_pack<4>(x + 4 * threadIdx.x);
    for (int i = 0; i < 4; ++i) pack[i] *= 2.0f;
    cuda::store_pack(y + 4 * threadIdx.x, pack);
}

}  // namespace

TEST_CASE("every thread of every block runs once, with its indices") {
    in_all_orders([] {
        std::vector<int> visits(3 * 2 * 2 * 4 * 3 * 5);
        host_launch(index_kernel, dim3(3, 2, 2), dim3(4, 3, 5), 0, visits.data());
        for (int i = 0; i < static_cast<int>(visits.size()); ++i)
            REQUIRE(visits[i] == 1 + i / 60 * 1000 + i % 60);
    });
}

TEST_CASE("a grid of no blocks does nothing") {
    int visits = 0;
    host_launch(index_kernel, dim3(0), dim3(32), 0, &visits);
    CHECK(visits == 0);
}

TEST_CASE("a barrier separates what comes before it from what comes after") {
    in_all_orders([] {
        for (const int threads : {1, 2, 31, 33, 64, 250, 1024}) {
            INFO(threads << " threads");
            constexpr int kSteps = 5;
            std::vector<int> x(static_cast<std::size_t>(threads)), y(x.size());
            for (int i = 0; i < threads; ++i) x[i] = 100 + i;
            host_launch(rotate_kernel, dim3(1), dim3(threads), x.size() * sizeof(int), x.data(), y.data(),
                        kSteps);
            for (int i = 0; i < threads; ++i) REQUIRE(y[i] == 100 + (i + kSteps) % threads);
        }
    });
}

TEST_CASE("atomics") {
    in_all_orders([] {
        int sum = 0, low = 0, taken = 0, winner = -1;
        unsigned long long wide = 0;
        unsigned high = 0;
        host_launch(atomic_kernel, dim3(3), dim3(40), 0, &sum, &wide, &high, &low);
        CHECK(sum == 119 * 120 / 2);
        CHECK(wide == 120ull << 40);
        CHECK(high == 119);
        CHECK(low == -119);
        host_launch(compare_and_swap_kernel, dim3(1), dim3(40), 0, &taken, &winner);
        CHECK(taken == 1);
        CHECK((winner >= 0 && winner < 40));
    });
}

TEST_CASE("the last block sees what the others wrote before their fences") {
    in_all_orders([] {
        std::vector<int> partial(7);
        unsigned arrived = 0;
        int total = 0;
        host_launch(last_block_kernel, dim3(7), dim3(32), 0, partial.data(), &arrived, &total);
        CHECK(total == 28);
    });
}

TEST_CASE("packs move four floats, aligned ones only") {
    alignas(16) float x[9], y[8];
    for (int i = 0; i < 9; ++i) x[i] = static_cast<float>(i);
    host_launch(pack_kernel, dim3(1), dim3(2), 0, static_cast<const float*>(x), static_cast<float*>(y));
    for (int i = 0; i < 8; ++i) CHECK(y[i] == 2.0f * static_cast<float>(i));
    CHECK_THROWS_WITH(host_launch(pack_kernel, dim3(1), dim3(1), 0, static_cast<const float*>(x + 1),
                                  static_cast<float*>(y)),
                      Catch::Contains("misaligned address"));
}
