// Starts a matrix product on CUDA: how the depth is split, which tile, and the sums of the parts.
#pragma once

#include <algorithm>

#include "tern/core/tensor.hpp"
#include "tern/kernels/gemm/product_fma_cuda.cuh"
#include "tern/kernels/gemm/product_mma_cuda.cuh"
#include "tern/kernels/shared/visit_cuda.cuh"

namespace tern::gemm {

/// What multiplies: float32 multiply-adds, for every type, or tensor cores, for 16-bit types.
enum class Arithmetic : std::uint8_t { fma, mma };

// Two blocks for each of the 132 multiprocessors of an H100; fewer parts if each would have less than 512
// steps, whose multiplication takes longer than writing and merging a part.
inline constexpr int kBlocksWanted = 264, kLeastSplit = 512;
inline constexpr int kSplitUnit = 32;  // both kernels' steps divide it
static_assert(kSplitUnit % FmaWide::kDepth == 0 && kSplitUnit % MmaWide::kDepth == 0);

/// By the problem alone, so that equal inputs give equal bits on every device.
inline int split_depth(int depth, std::int64_t tiles) {
    const std::int64_t splits = std::clamp<std::int64_t>(kBlocksWanted / std::max<std::int64_t>(tiles, 1), 1,
                                                         std::max(1, depth / kLeastSplit));
    const std::int64_t units = cuda::blocks_for(cuda::blocks_for(depth, splits), kSplitUnit);
    return static_cast<int>(std::max<std::int64_t>(units, 1) * kSplitUnit);
}

/// 16-byte accesses are possible: rows of `extent` elements that begin at such addresses.
template <class T>
bool can_pack(const Tensor& tensor, std::int64_t extent) {
    return extent % cuda::kPackSize<T> == 0 && cuda::is_pack_aligned<std::byte, 16>(tensor.raw_data());
}

/// The output (groups, rows, columns) = A B. V: elements per access of both operands.
template <Arithmetic arithmetic, bool square, int V, class A, class B, class R>
void launch_product(const A& a, const B& b, Output<R> output, int depth, int groups, const Stream& stream) {
    constexpr bool kMma = arithmetic == Arithmetic::mma;
    using Tile = std::conditional_t<kMma, std::conditional_t<square, MmaSquare, MmaWide>,
                                    std::conditional_t<square, FmaSquare, FmaWide>>;
    if (output.rows == 0 || output.columns == 0) return;
    const std::int64_t tiles = static_cast<std::int64_t>(cuda::blocks_for(output.rows, Tile::kRows)) *
                               cuda::blocks_for(output.columns, Tile::kColumns);
    const Extents extents{output.rows, output.columns, depth, split_depth(depth, tiles * groups)};
    const int splits = std::max(1, static_cast<int>(cuda::blocks_for(depth, extents.split_depth)));
    const bool merged = splits > 1 || output.taps > 1;
    Tensor partial;
    if (merged) {
        const std::int64_t sums = static_cast<std::int64_t>(groups) * output.rows * output.columns;
        partial = Tensor::empty(Shape{splits, sums}, DType::float32, stream.device);
        output.partial = partial.data<float>();
    }
    const MergeSplits<R> merge{output, groups};
    const auto start = [&](const cuda::BlockMerge<MergeSplits<R>>& in_kernel) {
        const cuda::LaunchShape shape{
            dim3(cuda::blocks_for(tiles, 1), static_cast<unsigned>(groups), static_cast<unsigned>(splits)),
            dim3(kThreads)};
        if constexpr (kMma)
            cuda::launch(product_mma_kernel<Tile, V, A, B, R>, shape, stream, a, b, in_kernel, extents);
        else
            cuda::launch(product_fma_kernel<Tile, V, A, B, R>, shape, stream, a, b, in_kernel, extents);
    };
    if (!merged) return start({merge, splits, merge.count(), nullptr, nullptr});
    const cuda::Merging merging(merge, splits, merge.count(), static_cast<int>(tiles) * groups, stream);
    start(merging.in_kernel());
    merging.finish();
}

/// visit_cuda_floating() for what the arithmetic is made for.
template <Arithmetic arithmetic, class F>
void visit_product_type(DType dtype, F function) {
    visit_cuda_floating(dtype, [&]<class T>() {
        if constexpr (arithmetic == Arithmetic::fma || sizeof(T) == 2)
            function.template operator()<T>();
        else
            fail("cuda", "tensor cores take 16-bit types here, got ", dtype);
    });
}

}  // namespace tern::gemm
