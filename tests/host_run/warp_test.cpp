// Shuffles, votes and warp barriers.
#include "tern/core/cuda/device/warp.cuh"

#include <array>
#include <vector>

#include "tern/tests/host_run/host_launch.hpp"

using namespace tern;
using test::host_launch, test::in_all_orders;

namespace {

enum class Shuffle { index, exclusive_or, up, down };

__global__ void shuffle_kernel(Shuffle kind, int argument, int width, int* y) {
    const int t = static_cast<int>(threadIdx.x), value = 1000 + t;
    int got = 0;
    if (kind == Shuffle::index) got = __shfl_sync(0xffffffffu, value, argument, width);
    if (kind == Shuffle::exclusive_or) got = __shfl_xor_sync(0xffffffffu, value, argument, width);
    if (kind == Shuffle::up) got = __shfl_up_sync(0xffffffffu, value, static_cast<unsigned>(argument), width);
    if (kind == Shuffle::down)
        got = __shfl_down_sync(0xffffffffu, value, static_cast<unsigned>(argument), width);
    y[t] = got;
}

// The lane whose value `lane` gets, by the words of the programming guide.
int source(Shuffle kind, int lane, int argument, int width) {
    const int segment = lane / width, place = lane % width;
    switch (kind) {
        case Shuffle::index:
            return segment * width + (argument % width + width) % width;
        case Shuffle::exclusive_or:
            return (lane ^ argument) / width > segment ? lane : lane ^ argument;
        case Shuffle::up:
            return place - argument < 0 ? lane : lane - argument;
        case Shuffle::down:
            return place + argument >= width ? lane : lane + argument;
    }
    return -1;
}

__global__ void halves_kernel(int* y) {
    const int t = static_cast<int>(threadIdx.x);
    // The two halves of a warp go different ways and meet only among themselves.
    if (t % 32 < 16) {
        y[t] = __shfl_xor_sync(0x0000ffffu, t, 1);
    } else {
        y[t] = __shfl_xor_sync(0xffff0000u, t, 2);
        y[t] = __shfl_xor_sync(0xffff0000u, y[t], 4);
    }
}

__global__ void votes_kernel(int threshold, unsigned* ballots, int* any, int* all) {
    const int t = static_cast<int>(threadIdx.x);
    ballots[t] = __ballot_sync(0xffffffffu, (t % 32 < threshold) * 7);
    any[t] = __any_sync(0xffffffffu, t % 32 < threshold);
    all[t] = __all_sync(0xffffffffu, t % 32 < threshold);
}

__global__ void ended_lanes_kernel(unsigned* ballots, int* values) {
    const int t = static_cast<int>(threadIdx.x);
    if (t >= 20) return;
    ballots[t] = __ballot_sync(0xffffffffu, 1);
    values[t] = __shfl_sync(0xffffffffu, t, 25);  // lane 25 has ended
}

struct Wide {
    double a;
    int b;
};

__global__ void wide_kernel(double* a, int* b) {
    const int t = static_cast<int>(threadIdx.x);
    const Wide got = __shfl_xor_sync(0xffffffffu, Wide{t + 0.5, -t}, 31);
    a[t] = got.a;
    b[t] = got.b;
}

__global__ void warp_barrier_kernel(int* y) {
    TERN_SHARED(int, values, 64);
    const unsigned t = threadIdx.x;
    values[t] = static_cast<int>(t);
    __syncwarp();
    y[t] = values[t ^ 5];
    __syncwarp();
    values[t] = 100;
    __syncwarp();
    y[t] += values[t ^ 9];
}

template <class T>
__global__ void sums_kernel(const T* x, T* warp, T* block) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    warp[i] = cuda::warp_sum(x[i]);
    block[i] = cuda::block_sum(x[i]) + cuda::block_sum(T(0));
}

}  // namespace

TEST_CASE("shuffles read the lane that the programming guide names") {
    in_all_orders([] {
        for (const Shuffle kind : {Shuffle::index, Shuffle::exclusive_or, Shuffle::up, Shuffle::down}) {
            for (const int width : {32, 16, 4, 1}) {
                for (const int argument : {0, 1, 3, 16, 31}) {
                    INFO("kind " << static_cast<int>(kind) << ", width " << width << ", argument "
                                 << argument);
                    std::array<int, 64> y{};
                    host_launch(shuffle_kernel, dim3(1), dim3(64), 0, kind, argument, width, y.data());
                    for (int t = 0; t < 64; ++t) {
                        REQUIRE(y[t] == 1000 + t / 32 * 32 + source(kind, t % 32, argument, width));
                    }
                }
            }
        }
    });
}

TEST_CASE("parts of a warp that name each other in their masks meet apart from the rest") {
    in_all_orders([] {
        std::array<int, 64> y{};
        host_launch(halves_kernel, dim3(1), dim3(64), 0, y.data());
        for (int t = 0; t < 64; ++t) CHECK(y[t] == (t % 32 < 16 ? t ^ 1 : t ^ 6));
    });
}

TEST_CASE("votes") {
    in_all_orders([] {
        for (const int threshold : {0, 1, 31, 32}) {
            std::array<unsigned, 64> ballots{};
            std::array<int, 64> any{}, all{};
            host_launch(votes_kernel, dim3(1), dim3(64), 0, threshold, ballots.data(), any.data(),
                        all.data());
            for (int t = 0; t < 64; ++t) {
                CHECK(ballots[t] == static_cast<unsigned>((1ull << threshold) - 1));
                CHECK(any[t] == (threshold > 0));
                CHECK(all[t] == (threshold == 32));
            }
        }
    });
}

TEST_CASE("lanes that have ended are not waited for, and their value is poison") {
    in_all_orders([] {
        std::array<unsigned, 32> ballots{};
        std::array<int, 32> values{};
        for (const int threads : {32, 26, 20}) {
            host_launch(ended_lanes_kernel, dim3(1), dim3(threads), 0, ballots.data(), values.data());
            for (int t = 0; t < 20; ++t) {
                CHECK(ballots[t] == (1u << 20) - 1);
                CHECK(values[t] == -1);
            }
        }
    });
}

TEST_CASE("values of up to 16 bytes can be exchanged") {
    std::array<double, 32> a{};
    std::array<int, 32> b{};
    host_launch(wide_kernel, dim3(1), dim3(32), 0, a.data(), b.data());
    for (int t = 0; t < 32; ++t) {
        CHECK(a[t] == 31 - t + 0.5);
        CHECK(b[t] == t - 31);
    }
}

TEST_CASE("a warp barrier orders the lanes' memory accesses") {
    in_all_orders([] {
        std::array<int, 64> y{};
        host_launch(warp_barrier_kernel, dim3(1), dim3(64), 0, y.data());
        for (int t = 0; t < 64; ++t) CHECK(y[t] == (t ^ 5) + 100);
    });
}

TEST_CASE("warp and block sums are right, and equal to the bit in every order") {
    constexpr int kThreads = 96, kBlocks = 2;
    std::vector<float> x(kThreads * kBlocks), first;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1.0f / static_cast<float>(i + 1);
    in_all_orders([&] {
        std::vector<float> warp(x.size()), block(x.size());
        host_launch(sums_kernel<float>, dim3(kBlocks), dim3(kThreads), 0, static_cast<const float*>(x.data()),
                    warp.data(), block.data());
        if (first.empty()) first = block;
        for (std::size_t i = 0; i < x.size(); ++i) {
            double warp_truth = 0, block_truth = 0;
            for (std::size_t j = i / 32 * 32; j < i / 32 * 32 + 32; ++j) warp_truth += x[j];
            for (std::size_t j = i / kThreads * kThreads; j < (i / kThreads + 1) * kThreads; ++j)
                block_truth += x[j];
            // Ten roundings at most on the way to a sum of positive numbers.
            CHECK(!(std::abs(warp[i] - warp_truth) > 10 * 0x1p-24 * warp_truth));
            CHECK(!(std::abs(block[i] - block_truth) > 10 * 0x1p-24 * block_truth));
            CHECK(warp[i] == warp[i / 32 * 32]);
            CHECK(block[i] == first[i]);
        }
    });
    std::vector<int> integers(kThreads, 3), warp(kThreads), block(kThreads);
    host_launch(sums_kernel<int>, dim3(1), dim3(kThreads), 0, static_cast<const int*>(integers.data()),
                warp.data(), block.data());
    CHECK(warp == std::vector<int>(kThreads, 96));
    CHECK(block == std::vector<int>(kThreads, 288));
}
