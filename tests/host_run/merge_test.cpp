// Sums of blocks, merged by the last of them and by a second kernel.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tern/core/random.hpp"
#include "tern/kernels/shared/merge_cuda.cuh"
#include "tern/tests/host_run/host_launch.hpp"

using namespace tern;
using test::host_launch, test::in_all_orders;

namespace {

constexpr int kPartSize = 37;  // numbers of a slot that a block has

struct MergeNumbers {
    using Sum = float;
    const float* slots;  // (slots, count)
    int count;
    float* sums;
    int* finished;  // how often

    __device__ void add(float& sum, int slot, int i) const { sum += slots[slot * count + i]; }
    __device__ void finish(int i, float sum) const {
        sums[i] = sum;
        ++finished[i];
    }
};

// grid: (parts, slots)
__global__ void slots_kernel(const float* numbers, float* slots, cuda::BlockMerge<MergeNumbers> merge) {
    const int slot = static_cast<int>(blockIdx.y), part = static_cast<int>(blockIdx.x);
    const int first = part * kPartSize, size = min(kPartSize, merge.count - first);
    const int threads = static_cast<int>(blockDim.x * blockDim.y);
    for (int j = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x); j < size; j += threads)
        slots[slot * merge.count + first + j] = numbers[slot * merge.count + first + j];
    merge.finish_block(slot, part, cuda::Span{first, size});
}

struct Merged {
    std::vector<float> sums;
    std::vector<int> finished;
    std::vector<unsigned> arrivals;
};

Merged merge(const std::vector<float>& numbers, int slots, int count, bool by_last_blocks) {
    const int parts = (count + kPartSize - 1) / kPartSize;
    const auto size = static_cast<std::size_t>(count);
    // What no block has written must not be read.
    std::vector<float> written(numbers.size(), std::numeric_limits<float>::quiet_NaN());
    std::vector<float> runs(cuda::kMergeRuns * size, std::numeric_limits<float>::quiet_NaN());
    Merged merged{std::vector<float>(size), std::vector<int>(size),
                  std::vector<unsigned>(static_cast<std::size_t>(parts * (cuda::kMergeRuns + 1)))};
    const MergeNumbers of{written.data(), count, merged.sums.data(), merged.finished.data()};
    const cuda::BlockMerge<MergeNumbers> in_kernel{of, slots, count,
                                                   slots > cuda::kMergeRuns ? runs.data() : nullptr,
                                                   by_last_blocks ? merged.arrivals.data() : nullptr};
    host_launch(slots_kernel, dim3(static_cast<unsigned>(parts), static_cast<unsigned>(slots)), dim3(8, 4), 0,
                numbers.data(), written.data(), in_kernel);
    if (!by_last_blocks) cuda::launch_merge(of, slots, count, current_stream(Device::cpu()));
    return merged;
}

}  // namespace

TEST_CASE("last blocks and a second kernel merge to the same bits, each number once") {
    for (const int slots : {1, 2, 15, 16, 17, 31, 33, 70}) {
        for (const int count : {1, 37, 100}) {
            INFO(slots << " slots of " << count);
            const RandomStream random{static_cast<std::uint64_t>(slots * 1000 + count)};
            std::vector<float> numbers(static_cast<std::size_t>(slots * count));
            // Of many sizes, so that another order of additions shows.
            for (std::size_t i = 0; i < numbers.size(); ++i)
                numbers[i] = std::ldexp(random.uniform(i) - 0.5f, static_cast<int>(i * 7 % 24));
            const Merged plain = merge(numbers, slots, count, false);
            for (int i = 0; i < count; ++i) {
                double sum = 0, size = 0;
                for (int slot = 0; slot < slots; ++slot) {
                    const double number = numbers[static_cast<std::size_t>(slot * count + i)];
                    sum += number;
                    size += std::fabs(number);
                }
                const double error = std::fabs(plain.sums[static_cast<std::size_t>(i)] - sum);
                CHECK(error <= slots * 0x1p-24 * size);  // a rounding of float32 for each addition
            }
            in_all_orders([&] {
                const Merged last = merge(numbers, slots, count, true);
                CHECK(last.sums == plain.sums);
                CHECK(last.finished == std::vector<int>(static_cast<std::size_t>(count), 1));
                // As the next kernel must find them.
                CHECK(std::ranges::all_of(last.arrivals, [](unsigned arrived) { return arrived == 0; }));
            });
        }
    }
}
