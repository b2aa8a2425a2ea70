// The innermost merged loop steps through each operand by 1 or stays: an operand is read as a pack or as one
// number. The kind is a branch that all threads take alike.
#include <cmath>

#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/shared/nest_cuda.cuh"

namespace tern::elementwise_binary_passes {
namespace {

// A broadcast of a and b, in the order of the result's elements.
template <class T>
struct Operands {
    DeviceNest<2> nest;  // offsets of a and b
    bool row_a, row_b;   // whether they step along the innermost loop
    const T *a, *b;

    template <int N>
    __device__ __forceinline__ void load(std::int64_t i, float (&at_a)[N], float (&at_b)[N]) const {
        const auto at = nest.offsets_of(static_cast<std::uint32_t>(i));
        load_one(a + at.v[0], row_a, at_a);
        load_one(b + at.v[1], row_b, at_b);
    }
    template <int N>
    __device__ __forceinline__ static void load_one(const T* from, bool row, float (&to)[N]) {
        if (row) return cuda::load_floats(from, to);
        const auto value = static_cast<float>(*from);
        for (int v = 0; v < N; ++v) to[v] = value;
    }
};

// CUDA's powf is off by up to 4 units in the last place, its pow for float64 by 2 of its own.
__device__ float power(float a, float b) {
    return static_cast<float>(::pow(static_cast<double>(a), static_cast<double>(b)));
}

// The share of dy that the larger (or with the signs changed the smaller) gets; all of it beside a NaN.
__device__ float share(float mine, float other, float dy) {
    return mine < other ? 0 * dy : mine == other ? 0.5f * dy : dy;
}

template <int N, class F>
__device__ __forceinline__ void apply(const float (&a)[N], const float (&b)[N], float (&y)[N], F f) {
#pragma unroll
    for (int v = 0; v < N; ++v) y[v] = f(a[v], b[v], y[v]);
}

template <int N>
__device__ void forward(BinaryKind kind, const float (&a)[N], const float (&b)[N], float (&y)[N]) {
    switch (kind) {
        case BinaryKind::add:
            return apply(a, b, y, [](float va, float vb, float) { return va + vb; });
        case BinaryKind::sub:
            return apply(a, b, y, [](float va, float vb, float) { return va - vb; });
        case BinaryKind::mul:
            return apply(a, b, y, [](float va, float vb, float) { return va * vb; });
        case BinaryKind::div:
            return apply(a, b, y, [](float va, float vb, float) { return va / vb; });
        case BinaryKind::maximum:
            return apply(a, b, y, [](float va, float vb, float) { return va > vb || va != va ? va : vb; });
        case BinaryKind::minimum:
            return apply(a, b, y, [](float va, float vb, float) { return va < vb || va != va ? va : vb; });
        case BinaryKind::pow:
            return apply(a, b, y, [](float va, float vb, float) { return power(va, vb); });
    }
}

template <int N>
__device__ void backward_a(BinaryKind kind, const float (&a)[N], const float (&b)[N], float (&grads)[N]) {
    switch (kind) {
        case BinaryKind::add:
        case BinaryKind::sub:
            return;
        case BinaryKind::mul:
            return apply(a, b, grads, [](float, float vb, float dy) { return vb * dy; });
        case BinaryKind::div:
            return apply(a, b, grads, [](float, float vb, float dy) { return dy / vb; });
        case BinaryKind::maximum:
            return apply(a, b, grads, [](float va, float vb, float dy) { return share(va, vb, dy); });
        case BinaryKind::minimum:
            return apply(a, b, grads, [](float va, float vb, float dy) { return share(-va, -vb, dy); });
        case BinaryKind::pow:
            return apply(a, b, grads, [](float va, float vb, float dy) {
                return vb == 0 ? 0 * dy : vb * power(va, vb - 1) * dy;
            });
    }
}

template <int N>
__device__ void backward_b(BinaryKind kind, const float (&a)[N], const float (&b)[N], float (&grads)[N]) {
    switch (kind) {
        case BinaryKind::add:
            return;
        case BinaryKind::sub:
            return apply(a, b, grads, [](float, float, float dy) { return -dy; });
        case BinaryKind::mul:
            return apply(a, b, grads, [](float va, float, float dy) { return va * dy; });
        case BinaryKind::div:
            return apply(a, b, grads, [](float va, float vb, float dy) { return -(va / vb) / vb * dy; });
        case BinaryKind::maximum:
            return apply(a, b, grads, [](float va, float vb, float dy) { return share(vb, va, dy); });
        case BinaryKind::minimum:
            return apply(a, b, grads, [](float va, float vb, float dy) { return share(-vb, -va, dy); });
        case BinaryKind::pow:
            return apply(a, b, grads, [](float va, float vb, float dy) {
                return va == 0 && vb >= 0 ? 0 * dy : power(va, vb) * logf(va) * dy;
            });
    }
}

enum class Direction { forward, backward_a, backward_b };

template <Direction kDirection, class T>
struct Binary {
    static constexpr int kPack = cuda::kPackSize<T>;
    BinaryKind kind;
    Operands<T> operands;
    const T* dy;
    T* y;

    template <int N>
    __device__ void run(std::int64_t i) const {
        float a[N], b[N], results[N] = {};
        operands.load(i, a, b);
        if constexpr (kDirection != Direction::forward) cuda::load_floats(dy + i, results);
        if constexpr (kDirection == Direction::forward) forward(kind, a, b, results);
        if constexpr (kDirection == Direction::backward_a) backward_a(kind, a, b, results);
        if constexpr (kDirection == Direction::backward_b) backward_b(kind, a, b, results);
        cuda::store_floats(results, y + i);
    }
};

// Forward, where there is no dy, y stands for it.
template <Direction kDirection, class Pass>
void launch(const Pass& pass, const Tensor& dy, const Tensor& y, const Stream& stream) {
    const Tensor &a = pass.a, &b = pass.b;
    const auto strides_a = broadcast_strides(a.shape(), y.shape());
    const auto strides_b = broadcast_strides(b.shape(), y.shape());
    LoopNest<2> nest;
    for (int d = 0; d < y.rank(); ++d) nest.add(y.dim(d), {strides_a[d], strides_b[d]});
    const auto inner = nest.innermost();
    visit_cuda_floating(a.dtype(), [&]<class T>() {
        using Work = Binary<kDirection, T>;
        const Work work{
            pass.params.kind,
            {device_nest(nest), inner.strides[0] != 0, inner.strides[1] != 0, a.data<T>(), b.data<T>()},
            dy.data<T>(),
            y.data<T>()};
        const bool packs = nest.rank() <= 1 || inner.extent % Work::kPack == 0;  // none spans two rows
        launch_flat(work, y.numel(), {a, b, dy, y}, stream, packs);
    });
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    launch<Direction::forward>(pass, pass.y, pass.y, stream);
}
void run(Cuda, const BackwardA& pass, const Stream& stream) {
    launch<Direction::backward_a>(pass, pass.dy, pass.da, stream);
}
void run(Cuda, const BackwardB& pass, const Stream& stream) {
    launch<Direction::backward_b>(pass, pass.dy, pass.db, stream);
}

}  // namespace tern::elementwise_binary_passes
