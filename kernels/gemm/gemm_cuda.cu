#include "tern/kernels/gemm/gemm_cuda.cuh"

namespace tern::gemm {
namespace {

constexpr int kSumPacks = 8, kSumRows = 32;  // of a block: a line of 128 bytes by 32 rows
constexpr int kLeastRows = 512;              // per part

// Sums of some rows of a matrix, packs of V columns per thread; the threads of a column are added in order.
// grid: (packs / kSumPacks, 1, parts); block: (kSumPacks, kSumRows)
// matrix: (rows, columns)
template <class T, int V, class R>
__global__ void sum_columns_partial_kernel(const T* matrix, int rows, int columns, int part_rows,
                                           cuda::BlockMerge<MergeSplits<R>> merge) {
    TERN_SHARED(float, sums, kSumRows* kSumPacks* V);
    const int pack = static_cast<int>(threadIdx.x), line = static_cast<int>(threadIdx.y);
    const int column = (static_cast<int>(blockIdx.x) * kSumPacks + pack) * V;
    const int begin = static_cast<int>(blockIdx.z) * part_rows, end = min(rows, begin + part_rows);
    float own[V] = {};
    for (int row = begin + line; column < columns && row < end; row += kSumRows) {
        const auto values = cuda::load_pack<V>(matrix + static_cast<std::int64_t>(row) * columns + column);
        for (int v = 0; v < V; ++v) own[v] += static_cast<float>(values[v]);
    }
    for (int v = 0; v < V; ++v) sums[(line * kSumPacks + pack) * V + v] = own[v];
    __syncthreads();  // sums is filled
    for (int v = 0; line == 0 && column < columns && v < V; ++v) {
        for (int l = 1; l < kSumRows; ++l) own[v] += sums[(l * kSumPacks + pack) * V + v];
        merge.merge.output.partial[static_cast<std::int64_t>(blockIdx.z) * columns + column + v] = own[v];
    }
    const int first = static_cast<int>(blockIdx.x) * kSumPacks * V;
    merge.finish_block(static_cast<int>(blockIdx.z), static_cast<int>(blockIdx.x),
                       cuda::Span{first, min(kSumPacks * V, columns - first)});
}

template <class T, int V>
void launch_sum_columns(const Tensor& matrix, const Tensor& sums, const Stream& stream) {
    const int columns = static_cast<int>(sums.numel());
    const int rows = columns == 0 ? 0 : static_cast<int>(matrix.numel() / columns);
    const int parts_wanted = std::clamp(rows / kLeastRows, 1, kBlocksWanted);
    const int part_rows = std::max(1, static_cast<int>(cuda::blocks_for(rows, parts_wanted)));
    const int parts = static_cast<int>(cuda::blocks_for(rows, part_rows));
    const Tensor partial = Tensor::empty(Shape{parts, columns}, DType::float32, stream.device);
    const unsigned column_blocks = cuda::blocks_for(columns, kSumPacks * V);
    visit_gradient_type<T>(sums.dtype(), [&]<class R>() {
        Output<R> output{sums.data<R>(), nullptr, 1, columns, columns};
        output.partial = partial.data<float>();
        const cuda::Merging merging(MergeSplits<R>{output, 1}, parts, columns,
                                    static_cast<int>(column_blocks), stream);
        cuda::launch(sum_columns_partial_kernel<T, V, R>,
                     {dim3(column_blocks, 1, static_cast<unsigned>(parts)), dim3(kSumPacks, kSumRows)},
                     stream, matrix.data<T>(), rows, columns, part_rows, merging.in_kernel());
        merging.finish();
    });
}

// A C of type R from factors of type T.
template <Arithmetic arithmetic, bool along_a, bool along_b, class T, class R>
void multiply_to(const CudaMatrix& a, const CudaMatrix& b, const Tensor& bias, const Tensor& c,
                 const CudaGroups& groups, const Stream& stream) {
    const MatrixOperand<T, along_a> left{a.tensor.data<T>(), a.rows(), a.columns(), a.stored_columns(),
                                         groups.step_a};
    const MatrixOperand<T, along_b> right{b.tensor.data<T>(), b.columns(), b.rows(), b.stored_columns(),
                                          groups.step_b};
    Output<R> output{c.data<R>(),  bias ? bias.data<R>() : nullptr, a.rows(), b.columns(), b.columns(),
                     groups.step_c};
    output.wide = can_pack<R>(c, b.columns());
    const bool packs = can_pack<T>(a.tensor, a.stored_columns()) && can_pack<T>(b.tensor, b.stored_columns());
    // The gradient of a weight has few rows (outputs) and many terms.
    constexpr bool kSquare = !along_a;
    if (packs)
        launch_product<arithmetic, kSquare, cuda::kPackSize<T>>(left, right, output, a.columns(),
                                                                groups.count, stream);
    else
        launch_product<arithmetic, kSquare, 1>(left, right, output, a.columns(), groups.count, stream);
}

template <Arithmetic arithmetic, bool along_a, bool along_b>
void multiply_along(const CudaMatrix& a, const CudaMatrix& b, const Tensor& bias, const Tensor& c,
                    const CudaGroups& groups, const Stream& stream) {
    visit_product_type<arithmetic>(a.tensor.dtype(), [&]<class T>() {
        if constexpr (along_a || along_b)
            multiply_to<arithmetic, along_a, along_b, T, T>(a, b, bias, c, groups, stream);
        else  // the gradient of a weight
            visit_gradient_type<T>(c.dtype(), [&]<class R>() {
                multiply_to<arithmetic, along_a, along_b, T, R>(a, b, bias, c, groups, stream);
            });
    });
}

template <Arithmetic arithmetic>
void multiply_with(const CudaMatrix& a, const CudaMatrix& b, const Tensor& bias, const Tensor& c,
                   const CudaGroups& groups, const Stream& stream) {
    if (a.transposed)
        b.transposed ? multiply_along<arithmetic, false, true>(a, b, bias, c, groups, stream)
                     : multiply_along<arithmetic, false, false>(a, b, bias, c, groups, stream);
    else
        b.transposed ? multiply_along<arithmetic, true, true>(a, b, bias, c, groups, stream)
                     : multiply_along<arithmetic, true, false>(a, b, bias, c, groups, stream);
}

}  // namespace

void TERN_CUDA_FUNCTION(multiply)(const CudaMatrix& a, const CudaMatrix& b, const Tensor& bias,
                                  const Tensor& c, Arithmetic arithmetic, const Stream& stream,
                                  const CudaGroups& groups) {
    if (arithmetic == Arithmetic::mma)
        multiply_with<Arithmetic::mma>(a, b, bias, c, groups, stream);
    else
        multiply_with<Arithmetic::fma>(a, b, bias, c, groups, stream);
}

void TERN_CUDA_FUNCTION(sum_columns)(const Tensor& matrix, const Tensor& sums, const Stream& stream) {
    visit_cuda_floating(matrix.dtype(), [&]<class T>() {
        if (can_pack<T>(matrix, sums.numel()))
            launch_sum_columns<T, cuda::kPackSize<T>>(matrix, sums, stream);
        else
            launch_sum_columns<T, 1>(matrix, sums, stream);
    });
}

bool TERN_CUDA_FUNCTION(accepts_product)(TensorRefs tensors, Arithmetic arithmetic, std::string* why_not) {
    if (!accepts_cuda_floating(tensors, why_not)) return false;
    if (arithmetic == Arithmetic::mma && first_dtype(tensors) == DType::float32)
        return refuse(why_not, "16-bit types only, got float32 (TF32 would round its inputs)");
    // Indices are of 32 bits and run to the edge of a tile.
    constexpr std::int64_t kMostElements = INT32_MAX - 1024;
    for (const Tensor& tensor : tensors)
        if (tensor.defined() && tensor.numel() > kMostElements)
            return refuse(why_not, "more than 2^31 - 1025 elements: ", tensor);
    return true;
}

}  // namespace tern::gemm
