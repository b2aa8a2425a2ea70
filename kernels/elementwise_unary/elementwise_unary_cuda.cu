// Memory bounds all of them, so the kind is a branch that all threads take alike, not a kernel each.
#include <cmath>

#include "tern/kernels/elementwise_unary/elementwise_unary_passes.hpp"
#include "tern/kernels/shared/flat_cuda.cuh"

namespace tern::elementwise_unary_passes {
namespace {

template <int N, class F>
__device__ __forceinline__ void apply(float (&x)[N], F f) {
#pragma unroll
    for (int i = 0; i < N; ++i) x[i] = f(x[i]);
}

template <int N, class F>
__device__ __forceinline__ void apply(const float (&x)[N], float (&grads)[N], F f) {
#pragma unroll
    for (int i = 0; i < N; ++i) grads[i] = f(x[i], grads[i]);
}

template <class T>
struct UnaryForward {
    static constexpr int kPack = cuda::kPackSize<T>;
    UnaryKind kind;
    float scale, shift;
    const T* x;
    T* y;

    template <int N>
    __device__ void run(std::int64_t i) const {
        float values[N];
        cuda::load_floats(x + i, values);
        transform(values);
        cuda::store_floats(values, y + i);
    }

    template <int N>
    __device__ __forceinline__ void transform(float (&values)[N]) const {
        switch (kind) {
            case UnaryKind::neg:
                return apply(values, [](float v) { return -v; });
            case UnaryKind::exp:
                return apply(values, [](float v) { return expf(v); });
            case UnaryKind::log:
                return apply(values, [](float v) { return logf(v); });
            case UnaryKind::sqrt:
                return apply(values, [](float v) { return sqrtf(v); });
            case UnaryKind::abs:
                return apply(values, [](float v) { return fabsf(v); });
            case UnaryKind::square:
                return apply(values, [](float v) { return v * v; });
            case UnaryKind::reciprocal:
                return apply(values, [](float v) { return 1 / v; });
            case UnaryKind::scale_shift:
                return apply(values, [a = scale, b = shift](float v) { return a * v + b; });
        }
    }
};

template <class T>
struct UnaryBackward {
    static constexpr int kPack = cuda::kPackSize<T>;
    UnaryKind kind;
    float scale;
    const T *x, *dy;  // x is null where the derivative is constant
    T* dx;

    template <int N>
    __device__ void run(std::int64_t i) const {
        float values[N] = {}, grads[N];
        if (x != nullptr) cuda::load_floats(x + i, values);
        cuda::load_floats(dy + i, grads);
        transform(values, grads);
        cuda::store_floats(grads, dx + i);
    }

    template <int N>
    __device__ __forceinline__ void transform(const float (&at)[N], float (&grads)[N]) const {
        switch (kind) {
            case UnaryKind::neg:
                return apply(grads, [](float g) { return -g; });
            case UnaryKind::exp:
                return apply(at, grads, [](float v, float g) { return expf(v) * g; });
            case UnaryKind::log:
                return apply(at, grads, [](float v, float g) { return g / v; });
            case UnaryKind::sqrt:
                return apply(at, grads, [](float v, float g) { return g / (2 * sqrtf(v)); });
            case UnaryKind::abs:
                return apply(at, grads, [](float v, float g) { return v > 0 ? g : v < 0 ? -g : 0 * g; });
            case UnaryKind::square:
                return apply(at, grads, [](float v, float g) { return 2 * v * g; });
            case UnaryKind::reciprocal:
                return apply(at, grads, [](float v, float g) { return -(g / v) / v; });
            case UnaryKind::scale_shift:
                return apply(grads, [a = scale](float g) { return a * g; });
        }
    }
};

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto& params = pass.params;
    visit_cuda_floating(x.dtype(), [&]<class T>() {
        const UnaryForward<T> work{params.kind, static_cast<float>(params.scale),
                                   static_cast<float>(params.shift), x.data<T>(), y.data<T>()};
        launch_flat(work, x.numel(), {x, y}, stream);
    });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &dy = pass.dy, &dx = pass.dx;
    const auto& params = pass.params;
    visit_cuda_floating(dy.dtype(), [&]<class T>() {
        const UnaryBackward<T> work{params.kind, static_cast<float>(params.scale),
                                    x.defined() ? x.data<T>() : nullptr, dy.data<T>(), dx.data<T>()};
        launch_flat(work, dy.numel(), {x.defined() ? x : dy, dy, dx}, stream);
    });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_types({pass.y}, why_not);
}
bool accepts(Cuda, const Backward& pass, std::string* why_not) {
    return accepts_cuda_types({pass.dx}, why_not);
}

}  // namespace tern::elementwise_unary_passes
