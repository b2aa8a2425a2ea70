// A warp or a block per row; the losses of the rows go to memory and one block, of a second kernel or the last, adds them up in a
// fixed order.
// A label outside [0, K) cannot be reported without stopping the stream: it makes a NaN, which training stops
// at.
#include <cmath>
#include <limits>

#include "tern/kernels/shared/last_block_cuda.cuh"
#include "tern/kernels/shared/visit_cuda.cuh"
#include "tern/kernels/softmax/row_group_cuda.cuh"
#include "tern/kernels/softmax_cross_entropy/row_target.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy_passes.hpp"

namespace tern::softmax_cross_entropy_passes {
namespace {

using namespace row_group_cuda;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// The largest logit of the row and the sum of exp(x - that).
struct Exponentials {
    float top, sum;
};

template <class Group, int kRowThreads, class T>
__device__ Exponentials exponentials(const T* x, int classes) {
    float top = -kInfinity, sum = 0.0f;
    for (int k = Group::thread(); k < classes; k += kRowThreads) top = fmaxf(top, static_cast<float>(x[k]));
    top = Group::largest(top);
    for (int k = Group::thread(); k < classes; k += kRowThreads)
        sum += std::exp(static_cast<float>(x[k]) - top);
    return {top, Group::sum(sum)};
}

// By one block.
__device__ __forceinline__ void mean_of_losses(const float* losses, float* loss, std::int64_t rows) {
    float sum = 0.0f;
    for (std::int64_t row = threadIdx.x; row < rows; row += kThreads) sum += losses[row];
    sum = cuda::block_sum(sum);
    if (threadIdx.x == 0) *loss = sum / static_cast<float>(rows);
}

__global__ void __launch_bounds__(kThreads)
    softmax_cross_entropy_mean_kernel(const float* losses, float* loss, std::int64_t rows) {
    mean_of_losses(losses, loss, rows);
}

// With log_sum = log sum exp(x - top): (1 - s) (log_sum - (x[label] - top)) + s (log_sum - mean(x - top))
// x: (rows, classes), losses: (rows)
template <class T, int kRowThreads>
__device__ __forceinline__ void loss_of_row(const T* x, const std::int32_t* labels, float* losses,
                                            std::int64_t rows, int classes, float smoothing) {
    using Group = RowGroup<kRowThreads>;
    const std::int64_t row = Group::number();
    if (row >= rows) return;  // the whole group
    x += row * classes;
    const auto [top, sum] = exponentials<Group, kRowThreads>(x, classes);
    float distances = 0.0f;
    if (smoothing != 0) {  // a class that is ruled out (-inf) must not matter without
        for (int k = Group::thread(); k < classes; k += kRowThreads)
            distances += static_cast<float>(x[k]) - top;
        distances = Group::sum(distances);
    }
    if (Group::thread() != 0) return;
    const std::int32_t label = labels[row];
    const float log_sum = std::log(sum);
    float loss = kNan;
    if (label >= 0 && label < classes) {
        loss = log_sum - (static_cast<float>(x[label]) - top);
        if (smoothing != 0)
            loss = (1 - smoothing) * loss + smoothing * (log_sum - distances / static_cast<float>(classes));
    }
    losses[row] = loss;
}

// arrivals: null where a second kernel takes the mean
template <class T, int kRowThreads>
__global__ void __launch_bounds__(kThreads)
    softmax_cross_entropy_rows_kernel(const T* x, const std::int32_t* labels, float* losses, float* loss,
                                      std::int64_t rows, int classes, float smoothing, unsigned* arrivals) {
    loss_of_row<T, kRowThreads>(x, labels, losses, rows, classes, smoothing);
    if (arrivals != nullptr && cuda::is_last_block(arrivals, static_cast<int>(gridDim.x)))
        mean_of_losses(losses, loss, rows);
}

// dx = dloss / N (softmax(x) - t). x, dx: (rows, classes)
template <class T, int kRowThreads>
__global__ void __launch_bounds__(kThreads)
    softmax_cross_entropy_backward_kernel(const T* x, const std::int32_t* labels, const float* dloss, T* dx,
                                          std::int64_t rows, int classes, float at_label, float elsewhere) {
    using Group = RowGroup<kRowThreads>;
    const std::int64_t row = Group::number();
    if (row >= rows) return;  // the whole group
    x += row * classes;
    dx += row * classes;
    const auto [top, sum] = exponentials<Group, kRowThreads>(x, classes);
    const std::int32_t label = labels[row];
    const bool known = label >= 0 && label < classes;
    const float scale = known ? *dloss / static_cast<float>(rows) : kNan;
    const float inverse = 1.0f / sum;
    for (int k = Group::thread(); k < classes; k += kRowThreads) {
        const float wanted = k == label ? at_label : elsewhere;
        dx[k] = static_cast<T>(scale * (std::exp(static_cast<float>(x[k]) - top) * inverse - wanted));
    }
}

// loss[n] = sum over k of a[k] (log_sum - (x[k] - top)), a[k] what is wanted times its weight.
// x: (rows, classes), losses, row_weights: (rows)
template <class T, int kRowThreads>
__global__ void __launch_bounds__(kThreads)
    softmax_cross_entropy_losses_kernel(const T* x, RowTarget<T> target, float* losses, float* row_weights,
                                        std::int64_t rows) {
    using Group = RowGroup<kRowThreads>;
    const std::int64_t row = Group::number();
    if (row >= rows) return;  // the whole group
    const int classes = target.classes;
    x += row * classes;
    const bool counts = !target.is_ignored(row) && target.is_known(row);  // of the whole group
    float loss = target.is_ignored(row) ? 0.0f : kNan;
    if (counts) {
        const auto [top, sum] = exponentials<Group, kRowThreads>(x, classes);
        const float log_sum = std::log(sum);
        loss = 0.0f;
        for (int k = Group::thread(); k < classes; k += kRowThreads) {
            const float wanted = target.at(row, k);
            if (wanted != 0) loss += wanted * (log_sum - (static_cast<float>(x[k]) - top));
        }
        loss = Group::sum(loss);
    }
    if (Group::thread() != 0) return;
    losses[row] = loss;
    row_weights[row] = target.row_weight(row);
}

// dx = dloss[n] (softmax(x) sum of a - a). x, dx: (rows, classes)
template <class T, int kRowThreads>
__global__ void __launch_bounds__(kThreads)
    softmax_cross_entropy_losses_backward_kernel(const T* x, RowTarget<T> target, const float* dlosses, T* dx,
                                                 std::int64_t rows) {
    using Group = RowGroup<kRowThreads>;
    const std::int64_t row = Group::number();
    if (row >= rows) return;  // the whole group
    const int classes = target.classes;
    x += row * classes;
    dx += row * classes;
    if (target.is_ignored(row) || !target.is_known(row)) {
        const float value = target.is_ignored(row) ? 0.0f : kNan;
        for (int k = Group::thread(); k < classes; k += kRowThreads) dx[k] = static_cast<T>(value);
        return;  // the whole group
    }
    const auto [top, sum] = exponentials<Group, kRowThreads>(x, classes);
    float all = 0.0f;
    for (int k = Group::thread(); k < classes; k += kRowThreads) all += target.at(row, k);
    all = Group::sum(all);
    const float scale = dlosses[row], share = all / sum;
    for (int k = Group::thread(); k < classes; k += kRowThreads) {
        const float found = std::exp(static_cast<float>(x[k]) - top) * share;
        dx[k] = static_cast<T>(scale * (found - target.at(row, k)));
    }
}

// Calls function.operator()<T, threads per row>(grid, rows, classes).
template <class F>
void visit_logits(const Tensor& x, F function) {
    visit_cuda_floating(x.dtype(), [&]<class T>() {
        visit_rows(x.dim(0), x.dim(1), [&]<int kRowThreads>(dim3 grid) {
            function.template operator()<T, kRowThreads>(grid, x.dim(0), static_cast<int>(x.dim(1)));
        });
    });
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor& x = pass.logits;
    const double smoothing = pass.params.label_smoothing;
    const Tensor losses = Tensor::empty({x.dim(0)}, DType::float32, x.device());
    // Without a row there is no block.
    unsigned* const arrivals = x.dim(0) == 0 ? nullptr : cuda::last_block_arrivals(stream);
    visit_logits(x, [&]<class T, int kRowThreads>(dim3 grid, std::int64_t rows, int classes) {
        cuda::launch(softmax_cross_entropy_rows_kernel<T, kRowThreads>, {grid, dim3(kThreads)}, stream,
                     x.data<T>(), pass.labels.data<std::int32_t>(), losses.data<float>(),
                     pass.loss.data<float>(), rows, classes, static_cast<float>(smoothing), arrivals);
    });
    if (arrivals != nullptr) return;
    cuda::launch(softmax_cross_entropy_mean_kernel, {dim3(1), dim3(kThreads)}, stream, losses.data<float>(),
                 pass.loss.data<float>(), x.dim(0));
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    const Tensor& x = pass.logits;
    const double smoothing = pass.params.label_smoothing;
    const double elsewhere = smoothing / static_cast<double>(x.dim(1));
    visit_logits(x, [&]<class T, int kRowThreads>(dim3 grid, std::int64_t rows, int classes) {
        cuda::launch(softmax_cross_entropy_backward_kernel<T, kRowThreads>, {grid, dim3(kThreads)}, stream,
                     x.data<T>(), pass.labels.data<std::int32_t>(), pass.dloss.data<float>(),
                     pass.dlogits.data<T>(), rows, classes, static_cast<float>(1 - smoothing + elsewhere),
                     static_cast<float>(elsewhere));
    });
}

void run(Cuda, const RowsForward& pass, const Stream& stream) {
    visit_logits(pass.logits, [&]<class T, int kRowThreads>(dim3 grid, std::int64_t rows, int) {
        cuda::launch(softmax_cross_entropy_losses_kernel<T, kRowThreads>, {grid, dim3(kThreads)}, stream,
                     pass.logits.data<T>(), RowTarget<T>(pass), pass.losses.data<float>(),
                     pass.row_weights.data<float>(), rows);
    });
}

void run(Cuda, const RowsBackward& pass, const Stream& stream) {
    visit_logits(pass.logits, [&]<class T, int kRowThreads>(dim3 grid, std::int64_t rows, int) {
        cuda::launch(softmax_cross_entropy_losses_backward_kernel<T, kRowThreads>, {grid, dim3(kThreads)},
                     stream, pass.logits.data<T>(), RowTarget<T>(pass), pass.dlosses.data<float>(),
                     pass.dlogits.data<T>(), rows);
    });
}

}  // namespace tern::softmax_cross_entropy_passes
