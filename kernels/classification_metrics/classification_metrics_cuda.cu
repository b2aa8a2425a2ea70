// A batch is some hundred rows of ten to a thousand logits. Correct predictions are counted in integers, so
// the order in which threads arrive does not show.
#include <cmath>

#include "tern/core/cuda/device/warp.cuh"
#include "tern/kernels/classification_metrics/classification_metrics_passes.hpp"
#include "tern/kernels/shared/flat_cuda.cuh"

namespace tern::classification_metrics_passes {
namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kShortRow = 32;  // up to so many classes a thread reads a row alone, else a warp

struct Best {
    float value;
    int index;
};

// The earlier NaN, else the larger one, else the earlier: the same whatever the order of comparing.
__device__ Best better(const Best& a, const Best& b) {
    const bool nan_a = a.value != a.value, nan_b = b.value != b.value, first = a.index < b.index;
    if (nan_a || nan_b) return nan_a && (first || !nan_b) ? a : b;
    return a.value > b.value || (a.value == b.value && first) ? a : b;
}

// In every one of the kLanes lanes that share the row.
template <int kLanes, class T>
__device__ int prediction(const T* row, int classes) {
    const int lane = static_cast<int>(threadIdx.x) % kLanes;
    Best best{-INFINITY, INT32_MAX};
    for (int k = lane; k < classes; k += kLanes) best = better(best, {static_cast<float>(row[k]), k});
#pragma unroll
    for (int distance = kLanes / 2; distance > 0; distance /= 2) {
        const float value = __shfl_xor_sync(cuda::kAllLanes, best.value, distance);
        const int index = __shfl_xor_sync(cuda::kAllLanes, best.index, distance);
        best = better(best, {value, index});
    }
    return best.index;
}

// One block. totals: (3), logits: (N, K), labels: (N), loss: one number
template <int kLanes, class T, class L>
__global__ void classification_metrics_totals_kernel(const double* totals, const T* logits,
                                                     const std::int32_t* labels, const L* loss,
                                                     double* new_totals, std::int64_t count, int classes) {
    const int lane = static_cast<int>(threadIdx.x) % kLanes;
    int correct = 0;
    for (std::int64_t n = threadIdx.x / kLanes; n < count; n += kThreads / kLanes) {
        const int predicted = prediction<kLanes>(logits + n * classes, classes);
        if (lane == 0 && labels[n] == predicted) ++correct;
    }
    correct = cuda::block_sum(correct);
    if (threadIdx.x != 0) return;
    const auto samples = static_cast<double>(count);
    new_totals[0] = totals[0] + samples * static_cast<double>(static_cast<float>(*loss));
    new_totals[1] = totals[1] + correct;
    new_totals[2] = totals[2] + samples;
}

// kThreads / kLanes rows per block. logits: (N, K), labels: (N), matrix: (K, K)
template <int kLanes, class T>
__global__ void classification_metrics_confusion_kernel(const T* logits, const std::int32_t* labels,
                                                        unsigned long long* matrix, std::int64_t count,
                                                        int classes) {
    const std::int64_t n =
        (static_cast<std::int64_t>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x)) / kLanes;
    if (n >= count) return;
    const int predicted = prediction<kLanes>(logits + n * classes, classes), label = labels[n];
    if (static_cast<int>(threadIdx.x) % kLanes == 0 && label >= 0 && label < classes)
        atomicAdd(matrix + static_cast<std::int64_t>(label) * classes + predicted, 1ull);
}

struct CopyMatrix {
    const std::int64_t* from;
    std::int64_t* to;

    __device__ void operator()(std::int64_t i) const { to[i] = from[i]; }
};

// Calls function.operator()<kLanes>().
template <class F>
void visit_lanes(std::int64_t classes, F function) {
    if (classes <= kShortRow)
        function.template operator()<1>();
    else
        function.template operator()<32>();
}

bool accepts_logits(const Tensor& logits, std::string* why_not) {
    if (logits.numel() > INT32_MAX) return refuse(why_not, "more than 2^31 - 1 logits: ", logits);
    return accepts_cuda_types({logits}, why_not);
}

}  // namespace

void run(Cuda, const Totals& pass, const Stream& stream) {
    const Tensor &totals = pass.totals, &logits = pass.logits, &labels = pass.labels, &loss = pass.loss,
                 &new_totals = pass.new_totals;
    visit_cuda_floating(logits.dtype(), [&]<class T>() {
        visit_cuda_floating(loss.dtype(), [&]<class L>() {
            visit_lanes(logits.dim(1), [&]<int kLanes>() {
                cuda::launch(classification_metrics_totals_kernel<kLanes, T, L>, {dim3(1), dim3(kThreads)},
                             stream, totals.data<double>(), logits.data<T>(), labels.data<std::int32_t>(),
                             loss.data<L>(), new_totals.data<double>(), logits.dim(0),
                             static_cast<int>(logits.dim(1)));
            });
        });
    });
}

void run(Cuda, const Confusion& pass, const Stream& stream) {
    const Tensor &before = pass.matrix, &logits = pass.logits, &labels = pass.labels,
                 &matrix = pass.new_matrix;
    auto* const counts = matrix.data<std::int64_t>();
    if (before.data<std::int64_t>() != counts)
        launch_elements(CopyMatrix{before.data<std::int64_t>(), counts}, matrix.numel(), stream);
    visit_cuda_floating(logits.dtype(), [&]<class T>() {
        visit_lanes(logits.dim(1), [&]<int kLanes>() {
            const dim3 grid(cuda::blocks_for(logits.dim(0) * kLanes, kThreads));
            cuda::launch(classification_metrics_confusion_kernel<kLanes, T>, {grid, dim3(kThreads)}, stream,
                         logits.data<T>(), labels.data<std::int32_t>(),
                         reinterpret_cast<unsigned long long*>(counts), logits.dim(0),
                         static_cast<int>(logits.dim(1)));
        });
    });
}

bool accepts(Cuda, const Totals& pass, std::string* why_not) {
    return accepts_logits(pass.logits, why_not) && accepts_cuda_types({pass.loss}, why_not);
}
bool accepts(Cuda, const Confusion& pass, std::string* why_not) {
    return accepts_logits(pass.logits, why_not);
}

}  // namespace tern::classification_metrics_passes
