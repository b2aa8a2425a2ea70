// Copies along an axis from where an index says, and sums back to there, in CUDA.
#pragma once

#include "tern/core/cuda/launch.hpp"
#include "tern/kernels/shared/axis_cuda.cuh"
#include "tern/kernels/shared/copy_cuda.cuh"
#include "tern/kernels/shared/index.hpp"

namespace tern {

/// Whether the index has a number for every element of the result (gather), or one for all elements at a
/// place along the axis (index_select).
enum class IndexOf { element, place };

template <IndexOf kOf, class Word, class Index>
struct CopyIndexed {
    AxisSplit result;
    std::int64_t extent;  // of x along the axis
    const Word* x;
    const Index* index;
    Word* y;

    __device__ void operator()(std::int64_t element) const {
        int o = 0, j = 0, i = 0;
        result.split(element, o, j, i);
        const auto at = static_cast<std::int64_t>(index[kOf == IndexOf::element ? element : j]);
        if (at < 0 || at >= extent) __trap();
        y[element] = x[(o * extent + at) * result.inner.divisor() + i];
    }
};

// A thread per element of dx looks along the index and adds what was copied from it in that order: no atomics,
// so equal bits. J reads for each element: for a label or a few of the largest in each row, or the rows of a
// batch, not for an index as long as the tensor.
template <IndexOf kOf, class T, class Index>
struct AddIndexed {
    AxisSplit result;
    std::int64_t rows;  // of dy along the axis
    const T* dy;
    const Index* index;
    T* dx;

    __device__ void operator()(std::int64_t element) const {
        int o = 0, k = 0, i = 0;
        result.split(element, o, k, i);
        float sum = 0.0f;
        for (std::int64_t j = 0; j < rows; ++j) {
            const std::int64_t from = (o * rows + j) * result.inner.divisor() + i;
            if (static_cast<std::int64_t>(index[kOf == IndexOf::element ? from : j]) == k)
                sum += static_cast<float>(dy[from]);
        }
        dx[element] = static_cast<T>(sum);
    }
};

/// y[o, j, i] = x[o, index, i]. An index that names no place of x ends the program with a trap.
template <IndexOf kOf>
void copy_indexed(const Tensor& x, const Tensor& index, int axis, const Tensor& y, const Stream& stream) {
    if (y.numel() == 0) return;
    const AxisExtents to(y.shape(), axis);
    visit_word(size_of(x.dtype()), [&]<class Word>() {
        visit_index(index, [&]<class Index>() {
            const CopyIndexed<kOf, Word, Index> work{
                AxisSplit(to.inner, to.along), x.dim(axis), reinterpret_cast<const Word*>(x.raw_data()),
                index.data<Index>(), reinterpret_cast<Word*>(y.raw_data())};
            launch_elements(work, y.numel(), stream);
        });
    });
}

/// dx[o, k, i] = the sum of dy[o, j, i] where the index is k.
template <IndexOf kOf>
void add_indexed(const Tensor& dy, const Tensor& index, int axis, const Tensor& dx, const Stream& stream) {
    if (dx.numel() == 0) return;
    const AxisExtents to(dx.shape(), axis);
    visit_cuda_floating(dy.dtype(), [&]<class T>() {
        visit_index(index, [&]<class Index>() {
            const AddIndexed<kOf, T, Index> work{AxisSplit(to.inner, to.along), dy.dim(axis), dy.data<T>(),
                                                 index.data<Index>(), dx.data<T>()};
            launch_elements(work, dx.numel(), stream);
        });
    });
}

}  // namespace tern
