// Adds up what the blocks of a kernel have summed, each into a slot of its own. The slots r, r + 16, ... are run r; runs are
// added in their order, so equal slots give equal bits. By a second kernel, or by the kernel itself: the last block of a run adds
// that, and the last of those the runs, since one block alone would read a hundred slots one after the other.
//
// A Merge is a plain struct with
//   using Sum, which has += and is zero as Sum{},
//   __device__ void add(Sum& sum, int slot, int i) const: adds number i of a slot,
//   __device__ void finish(int i, const Sum& sum) const: takes the sum over all slots.
#pragma once

#include <algorithm>

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/last_block_cuda.cuh"

namespace tern::cuda {

inline constexpr int kMergeRuns = 16;

/// Two sums at once.
struct SumPair {
    double first, second;

    __device__ void add(float to_first, float to_second) {
        first += static_cast<double>(to_first);
        second += static_cast<double>(to_second);
    }
    __device__ void operator+=(const SumPair& other) {
        first += other.first;
        second += other.second;
    }
};

template <class Merge>
__device__ __forceinline__ typename Merge::Sum sum_of_run(const Merge& merge, int run, int slots, int i) {
    typename Merge::Sum sum{};
#pragma unroll 4
    for (int slot = run; slot < slots; slot += kMergeRuns) merge.add(sum, slot, i);
    return sum;
}

inline constexpr int kMergeColumns = 32;

// grid: (count / kMergeColumns); block: (kMergeColumns, kMergeRuns)
template <class Merge>
__global__ void __launch_bounds__(kMergeColumns* kMergeRuns) merge_kernel(Merge merge, int slots, int count) {
    using Sum = typename Merge::Sum;
    TERN_SHARED(Sum, runs, kMergeColumns * kMergeRuns);
    const int column = static_cast<int>(threadIdx.x), run = static_cast<int>(threadIdx.y);
    const int i = static_cast<int>(blockIdx.x) * kMergeColumns + column;
    Sum sum{};
    if (i < count) sum = sum_of_run(merge, run, slots, i);
    runs[run * kMergeColumns + column] = sum;
    __syncthreads();  // runs is filled
    if (run > 0 || i >= count) return;
    for (int other = 1; other < kMergeRuns; ++other) sum += runs[other * kMergeColumns + column];
    merge.finish(i, sum);
}

/// Numbers [first, first + size) of a slot, as what some blocks share.
struct Span {
    int first, size;

    __device__ int at(int j) const { return first + j; }  // below 0: none
};

/// What a kernel needs to merge by itself.
template <class Merge>
struct BlockMerge {
    using Sum = typename Merge::Sum;
    Merge merge;
    int slots, count;
    Sum* runs;           // (kMergeRuns, count); null where each is a slot
    unsigned* arrivals;  // null: a second kernel merges

    /// All threads of every block call it when their slot is written. `own`: what this block has written of its slot, and
    /// others of theirs; `part` counts such shares of a slot, below the `parts` of Merging.
    template <class Own>
    __device__ __forceinline__ void finish_block(int slot, int part, const Own& own) const {
        if (arrivals == nullptr) return;
        unsigned* const counts = arrivals + part * (kMergeRuns + 1);
        const int run = slot % kMergeRuns;
        if (runs != nullptr) {
            if (!is_last_block(counts + run, (slots - run + kMergeRuns - 1) / kMergeRuns)) return;
            visit(own, [&](int i) { *run_at(run, i) = sum_of_run(merge, run, slots, i); });
        }
        const int all = min(slots, kMergeRuns);
        if (!is_last_block(counts + kMergeRuns, all)) return;
        visit(own, [&](int i) {
            Sum sum{};
#pragma unroll 4
            for (int other = 0; other < all; ++other) {
                Sum term{};
                if (runs != nullptr)
                    term = *run_at(other, i);
                else
                    merge.add(term, other, i);
                sum += term;
            }
            merge.finish(i, sum);
        });
    }

  private:
    __device__ Sum* run_at(int run, int i) const { return runs + static_cast<std::int64_t>(run) * count + i; }

    template <class Own, class Visit>
    static __device__ __forceinline__ void visit(const Own& own, Visit visit) {
        const int threads = static_cast<int>(blockDim.x * blockDim.y);
        for (int j = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x); j < own.size; j += threads)
            if (const int i = own.at(j); i >= 0) visit(i);
    }
};

/// Adds up `count` numbers of `slots` by a kernel of its own.
template <class Merge>
void launch_merge(const Merge& merge, int slots, int count, const Stream& stream) {
    launch(merge_kernel<Merge>, {dim3(blocks_for(count, kMergeColumns)), dim3(kMergeColumns, kMergeRuns)},
           stream, merge, slots, count);
}

/// The merge of what the next kernel sums: its argument is in_kernel(), and finish() follows it.
template <class Merge>
class Merging {
  public:
    Merging(const Merge& merge, int slots, int count, int parts, const Stream& stream)
        : merge_{merge, slots, count, nullptr, nullptr}, stream_(stream) {
        // Without a slot there is no kernel that could merge, and a single one needs no arrivals.
        if (slots == 0 || (slots > 1 && parts > kArrivals / (kMergeRuns + 1))) return;
        merge_.arrivals = last_block_arrivals(stream);
        if (merge_.arrivals == nullptr || slots <= kMergeRuns) return;
        runs_ = Tensor::empty({kMergeRuns, count, static_cast<std::int64_t>(sizeof(typename Merge::Sum))},
                              DType::uint8, stream.device);
        merge_.runs = reinterpret_cast<typename Merge::Sum*>(runs_.raw_data());
    }

    const BlockMerge<Merge>& in_kernel() const { return merge_; }
    void finish() const {
        if (merge_.arrivals == nullptr) launch_merge(merge_.merge, merge_.slots, merge_.count, stream_);
    }

  private:
    BlockMerge<Merge> merge_;
    Stream stream_;
    Tensor runs_;
};

}  // namespace tern::cuda
