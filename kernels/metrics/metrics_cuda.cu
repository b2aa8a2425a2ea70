// A batch is some hundred rows of ten to a thousand logits. Correct predictions are counted in integers, so
// the order in which threads arrive does not show.
#include <algorithm>
#include <cmath>

#include "tern/core/cuda/device/warp.cuh"
#include "tern/kernels/metrics/metrics_passes.hpp"
#include "tern/kernels/shared/flat_cuda.cuh"

namespace tern::metrics_passes {
namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kShortRow = 32;  // up to so many classes a thread reads a row alone, else a warp

struct Ranked {
    float value;
    int index;
};

// NaNs before numbers, then by falling value, equal ones by their order.
__device__ bool is_before(const Ranked& a, const Ranked& b) {
    const bool nan_a = a.value != a.value, nan_b = b.value != b.value, first = a.index < b.index;
    if (nan_a || nan_b) return nan_a && (first || !nan_b);
    return a.value > b.value || (a.value == b.value && first);
}

// The class that is ranked first, in every one of the kLanes lanes that share the row.
template <int kLanes, class T>
__device__ int prediction(const T* row, int classes) {
    const int lane = static_cast<int>(threadIdx.x) % kLanes;
    Ranked best{-INFINITY, INT32_MAX};
    const auto take = [&](const Ranked& other) {
        if (is_before(other, best)) best = other;
    };
    for (int k = lane; k < classes; k += kLanes) take({static_cast<float>(row[k]), k});
#pragma unroll
    for (int distance = kLanes / 2; distance > 0; distance /= 2)
        take({__shfl_xor_sync(cuda::kAllLanes, best.value, distance),
              __shfl_xor_sync(cuda::kAllLanes, best.index, distance)});
    return best.index;
}

// How many classes are ranked before `label`, in each of the lanes.
template <int kLanes, class T>
__device__ int rank_of(const T* row, int label, int classes) {
    const int lane = static_cast<int>(threadIdx.x) % kLanes;
    const Ranked own{static_cast<float>(row[label]), label};
    int rank = 0;
    for (int k = lane; k < classes; k += kLanes)
        rank += is_before({static_cast<float>(row[k]), k}, own) ? 1 : 0;
#pragma unroll
    for (int distance = kLanes / 2; distance > 0; distance /= 2)
        rank += __shfl_xor_sync(cuda::kAllLanes, rank, distance);
    return rank;
}

// A thread for each of two totals. mean: one number
template <class T>
struct AddMean {
    struct Total {
        const double* total;  // (2)
        double* new_total;
        double count;

        Total(const Tensor& from, const Tensor& to, std::int64_t samples)
            : total(from ? from.data<double>() : nullptr),
              new_total(to ? to.data<double>() : nullptr),
              count(static_cast<double>(samples)) {}
    };
    const T* mean;
    Total first, other;

    __device__ void operator()(std::int64_t i) const {
        const Total& own = i == 0 ? first : other;
        own.new_total[0] = own.total[0] + own.count * static_cast<double>(static_cast<float>(*mean));
        own.new_total[1] = own.total[1] + own.count;
    }
};

// One block. total: (2), logits: (N, K), labels: (N)
template <int kLanes, class T>
__global__ void metrics_correct_kernel(const double* total, const T* logits, const std::int32_t* labels,
                                       double* new_total, std::int64_t count, int classes, int top_k) {
    const int lane = static_cast<int>(threadIdx.x) % kLanes;
    int correct = 0;
    for (std::int64_t n = threadIdx.x / kLanes; n < count; n += kThreads / kLanes) {
        const int label = labels[n];
        if (label < 0 || label >= classes) continue;  // in all lanes of the row
        const int rank = rank_of<kLanes>(logits + n * classes, label, classes);
        if (lane == 0 && rank < top_k) ++correct;
    }
    correct = cuda::block_sum(correct);
    if (threadIdx.x != 0) return;
    new_total[0] = total[0] + correct;
    new_total[1] = total[1] + static_cast<double>(count);
}

// kThreads / kLanes rows per block. logits: (N, K), labels: (N), matrix: (K, K)
template <int kLanes, class T>
__global__ void metrics_confusion_kernel(const T* logits, const std::int32_t* labels,
                                         unsigned long long* matrix, std::int64_t count, int classes) {
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

void run(Cuda, const Mean& pass, const Stream& stream) {
    visit_cuda_floating(pass.mean.dtype(), [&]<class T>() {
        launch_elements(AddMean<T>{pass.mean.data<T>(),
                                   {pass.total, pass.new_total, pass.params.count},
                                   {pass.other, pass.new_other, 1}},
                        pass.other.defined() ? 2 : 1, stream);
    });
}

void run(Cuda, const Correct& pass, const Stream& stream) {
    const Tensor &total = pass.total, &logits = pass.logits, &labels = pass.labels,
                 &new_total = pass.new_total;
    const auto classes = static_cast<int>(logits.dim(1));
    const auto top_k = static_cast<int>(std::min<std::int64_t>(pass.params.top_k, classes));
    visit_cuda_floating(logits.dtype(), [&]<class T>() {
        visit_lanes(logits.dim(1), [&]<int kLanes>() {
            cuda::launch(metrics_correct_kernel<kLanes, T>, {dim3(1), dim3(kThreads)}, stream,
                         total.data<double>(), logits.data<T>(), labels.data<std::int32_t>(),
                         new_total.data<double>(), logits.dim(0), classes, top_k);
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
            cuda::launch(metrics_confusion_kernel<kLanes, T>, {grid, dim3(kThreads)}, stream,
                         logits.data<T>(), labels.data<std::int32_t>(),
                         reinterpret_cast<unsigned long long*>(counts), logits.dim(0),
                         static_cast<int>(logits.dim(1)));
        });
    });
}

bool accepts(Cuda, const Mean& pass, std::string* why_not) {
    return accepts_cuda_types({pass.mean}, why_not);
}
bool accepts(Cuda, const Correct& pass, std::string* why_not) { return accepts_logits(pass.logits, why_not); }
bool accepts(Cuda, const Confusion& pass, std::string* why_not) {
    return accepts_logits(pass.logits, why_not);
}

}  // namespace tern::metrics_passes
