// A thread per element of the result. Backward each looks through the index along the axis and adds what was
// copied from it in that order: no atomics, so equal bits. J reads for each element: for a label or a few of
// the largest in each row, not for an index as long as the rows.
#include "tern/kernels/gather/gather_passes.hpp"
#include "tern/kernels/shared/axis_cuda.cuh"
#include "tern/kernels/shared/copy_cuda.cuh"

namespace tern::gather_passes {
namespace {

template <class Word, class Index>
struct Gather {
    AxisSplit result;
    std::int64_t extent;  // of x along the axis
    const Word* x;
    const Index* index;
    Word* y;

    __device__ void operator()(std::int64_t element) const {
        int o = 0, j = 0, i = 0;
        result.split(element, o, j, i);
        const auto at = static_cast<std::int64_t>(index[element]);
        if (at < 0 || at >= extent) __trap();
        y[element] = x[(o * extent + at) * result.inner.divisor() + i];
    }
};

template <class T, class Index>
struct AddGathered {
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
            if (static_cast<std::int64_t>(index[from]) == k) sum += static_cast<float>(dy[from]);
        }
        dx[element] = static_cast<T>(sum);
    }
};

}  // namespace

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_offsets(tensors_of(pass), why_not);
}

void run(Cuda, const Forward& pass, const Stream& stream) {
    if (pass.y.numel() == 0) return;
    const AxisExtents to(pass.y.shape(), pass.params.axis);
    visit_word(size_of(pass.x.dtype()), [&]<class Word>() {
        visit_index(pass.index, [&]<class Index>() {
            const Gather<Word, Index> work{AxisSplit(to.inner, to.along), pass.x.dim(pass.params.axis),
                                           reinterpret_cast<const Word*>(pass.x.raw_data()),
                                           pass.index.data<Index>(),
                                           reinterpret_cast<Word*>(pass.y.raw_data())};
            launch_elements(work, pass.y.numel(), stream);
        });
    });
}

bool accepts(Cuda, const Backward& pass, std::string* why_not) {
    return accepts_cuda_types({pass.dx}, why_not) && accepts_cuda_offsets(tensors_of(pass), why_not);
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    if (pass.dx.numel() == 0) return;
    const AxisExtents to(pass.dx.shape(), pass.params.axis);
    visit_cuda_floating(pass.dy.dtype(), [&]<class T>() {
        visit_index(pass.index, [&]<class Index>() {
            const AddGathered<T, Index> work{AxisSplit(to.inner, to.along), pass.index.dim(pass.params.axis),
                                             pass.dy.data<T>(), pass.index.data<Index>(), pass.dx.data<T>()};
            launch_elements(work, pass.dx.numel(), stream);
        });
    });
}

}  // namespace tern::gather_passes
