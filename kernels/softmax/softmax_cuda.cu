// A warp or a block per row. A row is read two or three times, from the L1 cache after the first; the
// exponentials of the forward pass are computed twice rather than kept.
#include <cmath>

#include "tern/kernels/shared/visit_cuda.cuh"
#include "tern/kernels/softmax/row_group_cuda.cuh"
#include "tern/kernels/softmax/softmax_passes.hpp"

namespace tern::softmax_passes {
namespace {

using namespace row_group_cuda;

// x, y: (rows, count)
template <class T, int kRowThreads>
__global__ void __launch_bounds__(kThreads)
    softmax_forward_kernel(const T* x, T* y, std::int64_t rows, int count, bool logarithm) {
    using Group = RowGroup<kRowThreads>;
    const std::int64_t row = Group::number();
    if (row >= rows) return;  // the whole group
    x += row * count;
    y += row * count;
    float top = -kInfinity, sum = 0.0f;
    for (int k = Group::thread(); k < count; k += kRowThreads) top = fmaxf(top, static_cast<float>(x[k]));
    top = Group::largest(top);
    for (int k = Group::thread(); k < count; k += kRowThreads)
        sum += std::exp(static_cast<float>(x[k]) - top);
    sum = Group::sum(sum);
    const float log_sum = std::log(sum), scale = 1.0f / sum;
    for (int k = Group::thread(); k < count; k += kRowThreads) {
        const float shifted = static_cast<float>(x[k]) - top;
        y[k] = static_cast<T>(logarithm ? shifted - log_sum : std::exp(shifted) * scale);
    }
}

// softmax: dx = y (dy - sum y dy); its logarithm: dx = dy - exp(y) sum dy. y, dy, dx: (rows, count)
template <class T, int kRowThreads>
__global__ void __launch_bounds__(kThreads)
    softmax_backward_kernel(const T* y, const T* dy, T* dx, std::int64_t rows, int count, bool logarithm) {
    using Group = RowGroup<kRowThreads>;
    const std::int64_t row = Group::number();
    if (row >= rows) return;  // the whole group
    y += row * count;
    dy += row * count;
    dx += row * count;
    float sum = 0.0f;
    for (int k = Group::thread(); k < count; k += kRowThreads) {
        const auto grad = static_cast<float>(dy[k]);
        sum += logarithm ? grad : grad * static_cast<float>(y[k]);
    }
    sum = Group::sum(sum);
    for (int k = Group::thread(); k < count; k += kRowThreads) {
        const auto value = static_cast<float>(y[k]), grad = static_cast<float>(dy[k]);
        dx[k] = static_cast<T>(logarithm ? grad - std::exp(value) * sum : value * (grad - sum));
    }
}

// Calls function.operator()<T, threads per row>(grid, rows, elements per row).
template <class F>
void visit_tensor(const Tensor& x, F function) {
    if (x.numel() == 0) return;
    const std::int64_t count = x.dim(-1), rows = x.numel() / count;
    visit_cuda_floating(x.dtype(), [&]<class T>() {
        visit_rows(rows, count, [&]<int kRowThreads>(dim3 grid) {
            function.template operator()<T, kRowThreads>(grid, rows, static_cast<int>(count));
        });
    });
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const bool logarithm = pass.params.logarithm;
    visit_tensor(pass.x, [&]<class T, int kRowThreads>(dim3 grid, std::int64_t rows, int count) {
        cuda::launch(softmax_forward_kernel<T, kRowThreads>, {grid, dim3(kThreads)}, stream, pass.x.data<T>(),
                     pass.y.data<T>(), rows, count, logarithm);
    });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    const bool logarithm = pass.params.logarithm;
    visit_tensor(pass.y, [&]<class T, int kRowThreads>(dim3 grid, std::int64_t rows, int count) {
        cuda::launch(softmax_backward_kernel<T, kRowThreads>, {grid, dim3(kThreads)}, stream,
                     pass.y.data<T>(), pass.dy.data<T>(), pass.dx.data<T>(), rows, count, logarithm);
    });
}

}  // namespace tern::softmax_passes
