// A block reduces some neighbouring results over one part of their elements: each thread a share of them in
// its order, then the threads in a tree. Parts are merged by the same kernel. How the work is split depends
// on the shape alone, so equal inputs give equal bits on every device.
#include <cmath>

#include "tern/core/cuda/shared_memory.cuh"
#include "tern/kernels/reduce/reduce_passes.hpp"
#include "tern/kernels/shared/nest_cuda.cuh"

namespace tern::reduce_passes {
namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kBlocks = 1024;      // enough for every GPU of today; more parts are more to merge
constexpr std::int64_t kPerThread = 16;     // elements that are worth a thread of another part
constexpr std::int64_t kLongRow = 1 << 10;  // from here on a whole block reduces a row

struct Add {
    using Value = float;
    __device__ static float start() { return 0; }
    __device__ static float combine(float a, float b) { return a + b; }
};
struct Max {
    using Value = float;
    __device__ static float start() { return -INFINITY; }
    __device__ static float combine(float a, float b) { return b > a || b != b ? b : a; }
};
struct Min {
    using Value = float;
    __device__ static float start() { return INFINITY; }
    __device__ static float combine(float a, float b) { return b < a || b != b ? b : a; }
};
struct Count {
    using Value = std::int32_t;
    __device__ static std::int32_t start() { return 0; }
    __device__ static std::int32_t combine(std::int32_t a, std::int32_t b) { return a + b; }
};

// What is reduced: the elements, or for Count whether they are the extreme of their result.
template <class T>
struct Elements {
    const T* x;
    __device__ auto operator()(std::uint32_t i, std::uint32_t) const {
        if constexpr (std::is_integral_v<T>)
            return x[i];
        else
            return static_cast<float>(x[i]);
    }
};
__device__ inline bool is_extreme_of(float x, float y) { return x == y || (x != x && y != y); }
template <class T>
struct Ties {
    const T *x, *y;
    __device__ std::int32_t operator()(std::uint32_t i, std::uint32_t result) const {
        return is_extreme_of(static_cast<float>(x[i]), static_cast<float>(y[result])) ? 1 : 0;
    }
};

struct Split {
    DeviceNest<1> kept, reduced;  // offsets in x of a result, and of its elements from there on
    std::uint32_t results, count, per_part;
    float divisor;  // of a mean
};

// kAcross results per block; neighbouring threads have neighbouring results, or neighbouring elements of one.
// grid: (blocks of results, parts); y: (parts, results)
template <class R, int kAcross, bool kColumns, class Source, class Out>
__global__ void reduce_kernel(Source source, Out* y, Split split) {
    using Value = typename R::Value;
    constexpr std::uint32_t kReducers = kThreads / kAcross;
    TERN_SHARED(Value, values, kThreads);
    const std::uint32_t across = kColumns ? threadIdx.x % kAcross : threadIdx.x / kReducers;
    const std::uint32_t reducer = kColumns ? threadIdx.x / kAcross : threadIdx.x % kReducers;
    const std::uint32_t result = blockIdx.x * kAcross + across;
    Value value = R::start();
    if (result < split.results) {
        const std::uint32_t base = split.kept.offsets_of(result).v[0];
        const std::uint32_t first = blockIdx.y * split.per_part;
        const std::uint32_t last = ::min(first + split.per_part, split.count);
        for (std::uint32_t j = first + reducer; j < last; j += kReducers)
            value = R::combine(value, source(base + split.reduced.offsets_of(j).v[0], result));
    }
    values[reducer * kAcross + across] = value;
    for (std::uint32_t distance = kReducers / 2; distance > 0; distance /= 2) {
        __syncthreads();  // the values of this round are there
        if (reducer >= distance) continue;
        value = R::combine(value, values[(reducer + distance) * kAcross + across]);
        values[reducer * kAcross + across] = value;
    }
    if (reducer != 0 || result >= split.results) return;
    if constexpr (std::is_integral_v<Value>)
        y[std::size_t{blockIdx.y} * split.results + result] = value;
    else
        y[std::size_t{blockIdx.y} * split.results + result] = static_cast<Out>(value / split.divisor);
}

struct Nests {
    LoopNest<1> kept, reduced;  // strides of x
};

Nests nests_of(const Shape& shape, std::uint32_t axes) {
    const auto strides = row_major_strides(shape);
    Nests nests;
    for (int d = 0; d < shape.rank(); ++d)
        ((axes >> d & 1) ? nests.reduced : nests.kept).add(shape[d], {strides[d]});
    return nests;
}

template <class R, int kAcross, bool kColumns, class Source, class Out>
void launch_split(const Source& source, Out* y, const Nests& nests, std::int64_t parts, float divisor,
                  const Stream& stream) {
    const std::int64_t results = nests.kept.numel(), count = nests.reduced.numel();
    const Split split{device_nest(nests.kept),
                      device_nest(nests.reduced),
                      static_cast<std::uint32_t>(results),
                      static_cast<std::uint32_t>(count),
                      static_cast<std::uint32_t>((count + parts - 1) / parts),
                      divisor};
    const dim3 grid(cuda::blocks_for(results, kAcross), static_cast<unsigned>(parts));
    cuda::launch(reduce_kernel<R, kAcross, kColumns, Source, Out>, {grid, dim3(kThreads)}, stream, source, y,
                 split);
}

// Reduces `source` to y, over as many parts as keep a GPU busy; the parts' results go through memory.
template <class R, int kAcross, bool kColumns, class Source, class Out>
void reduce_parts(const Source& source, Out* y, const Nests& nests, float divisor, const Tensor& any,
                  const Stream& stream) {
    const std::int64_t results = nests.kept.numel(), count = nests.reduced.numel();
    if (results == 0) return;
    const std::int64_t blocks = cuda::blocks_for(results, kAcross);
    const std::int64_t wanted = (kBlocks + blocks - 1) / blocks;
    const std::int64_t worth =
        (count + kThreads / kAcross * kPerThread - 1) / (kThreads / kAcross * kPerThread);
    std::int64_t parts = std::max<std::int64_t>(1, std::min(wanted, worth));
    if (parts == 1) return launch_split<R, kAcross, kColumns>(source, y, nests, 1, divisor, stream);
    const std::int64_t per_part = (count + parts - 1) / parts;
    parts = (count + per_part - 1) / per_part;  // none is empty
    using Value = typename R::Value;
    const Tensor partial = Tensor::empty({parts, results}, dtype_of<Value>(), any.device());
    launch_split<R, kAcross, kColumns>(source, partial.data<Value>(), nests, parts, 1, stream);
    const Elements<Value> merged{partial.data<Value>()};
    if (results == 1)
        launch_split<R, 1, false>(merged, y, nests_of({parts, 1}, 0b01), 1, divisor, stream);
    else
        launch_split<R, 32, true>(merged, y, nests_of({parts, results}, 0b01), 1, divisor, stream);
}

template <class R, class Source, class Out>
void reduce(const Source& source, Out* y, const Nests& nests, float divisor, const Tensor& any,
            const Stream& stream) {
    const bool rows = nests.reduced.rank() > 0 && nests.reduced.innermost().strides[0] == 1;
    if (!rows)
        reduce_parts<R, 32, true>(source, y, nests, divisor, any, stream);
    else if (nests.reduced.numel() < kLongRow)
        reduce_parts<R, 8, false>(source, y, nests, divisor, any, stream);
    else
        reduce_parts<R, 1, false>(source, y, nests, divisor, any, stream);
}

// dx[i] = dy / divisor of its result; for extremes / the number of ties, where x ties, else 0.
template <class T>
struct ReduceBackward {
    DeviceNest<1> nest;  // offsets of the result, in the order of dx
    float divisor;
    const T *x, *y, *dy;  // x, y and ties are null for sums and means
    const std::int32_t* ties;
    T* dx;

    __device__ void operator()(std::int64_t i) const {
        const std::uint32_t result = nest.offsets_of(static_cast<std::uint32_t>(i)).v[0];
        const auto grad = static_cast<float>(dy[result]);
        if (ties == nullptr) {
            dx[i] = static_cast<T>(grad / divisor);
            return;
        }
        const bool extreme = is_extreme_of(static_cast<float>(x[i]), static_cast<float>(y[result]));
        dx[i] = static_cast<T>(extreme ? grad / static_cast<float>(ties[result]) : 0.0f);
    }
};

bool is_extreme(Reduction kind) { return kind == Reduction::max || kind == Reduction::min; }

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto& params = pass.params;
    const Nests nests = nests_of(x.shape(), params.axes);
    const bool mean = params.kind == Reduction::mean;
    const float divisor = mean ? static_cast<float>(nests.reduced.numel()) : 1.0f;
    visit_cuda_floating(x.dtype(), [&]<class T>() {
        const Elements<T> source{x.data<T>()};
        if (params.kind == Reduction::max)
            reduce<Max>(source, y.data<T>(), nests, divisor, x, stream);
        else if (params.kind == Reduction::min)
            reduce<Min>(source, y.data<T>(), nests, divisor, x, stream);
        else
            reduce<Add>(source, y.data<T>(), nests, divisor, x, stream);
    });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y, &dy = pass.dy, &dx = pass.dx;
    const auto& params = pass.params;
    const Nests nests = nests_of(dx.shape(), params.axes);
    const bool mean = params.kind == Reduction::mean;
    LoopNest<1> to_result;
    std::int64_t stride = dy.numel();
    for (int d = 0; d < dx.rank(); ++d) {
        const bool reduced = params.axes >> d & 1;
        if (!reduced && dx.dim(d) > 0) stride /= dx.dim(d);
        to_result.add(dx.dim(d), {reduced ? 0 : stride});
    }
    visit_cuda_floating(dy.dtype(), [&]<class T>() {
        ReduceBackward<T> work{device_nest(to_result),
                               mean ? static_cast<float>(nests.reduced.numel()) : 1.0f,
                               nullptr,
                               nullptr,
                               dy.data<T>(),
                               nullptr,
                               dx.data<T>()};
        Tensor ties;
        if (is_extreme(params.kind)) {
            ties = Tensor::empty(dy.shape(), DType::int32, dy.device());
            work.x = x.data<T>();
            work.y = y.data<T>();
            work.ties = ties.data<std::int32_t>();
            reduce<Count>(Ties<T>{work.x, work.y}, ties.data<std::int32_t>(), nests, 1, dy, stream);
        }
        launch_elements(work, dx.numel(), stream);
    });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_types({pass.y}, why_not) && accepts_cuda_offsets(tensors_of(pass), why_not);
}
bool accepts(Cuda, const Backward& pass, std::string* why_not) {
    return accepts_cuda_types({pass.dx}, why_not) && accepts_cuda_offsets(tensors_of(pass), why_not);
}

}  // namespace tern::reduce_passes
