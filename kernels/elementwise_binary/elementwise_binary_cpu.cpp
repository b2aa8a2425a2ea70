// Whatever broadcasts, the innermost merged loop steps through each operand by 1 or stays: three loops that
// the compiler vectorises. Memory bounds all but pow.
#include <cmath>

#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/shared/loop_nest.hpp"

namespace tern::elementwise_binary_passes {
namespace {

using Nest = LoopNest<3>;  // strides of y (and dy), a and b

Nest loops(const Shape& a, const Shape& b, const Shape& y) {
    const auto strides_a = broadcast_strides(a, y), strides_b = broadcast_strides(b, y);
    const auto strides_y = row_major_strides(y);
    Nest nest;
    for (int d = 0; d < y.rank(); ++d) nest.add(y[d], {strides_y[d], strides_a[d], strides_b[d]});
    return nest;
}

// Calls f(i, a, b) for `count` elements.
template <class F>
void for_each_pair(const Nest::Offsets& strides, const float* a, const float* b, std::int64_t count, F f) {
    if (strides[1] == 0)
        for (std::int64_t i = 0; i < count; ++i) f(i, *a, b[i]);
    else if (strides[2] == 0)
        for (std::int64_t i = 0; i < count; ++i) f(i, a[i], *b);
    else
        for (std::int64_t i = 0; i < count; ++i) f(i, a[i], b[i]);
}

template <class F>
void forward(const Forward& pass, F f) {
    const Tensor &a = pass.a, &b = pass.b, &y = pass.y;
    const Nest nest = loops(a.shape(), b.shape(), y.shape());
    const float *pa = a.data<float>(), *pb = b.data<float>();
    float* py = y.data<float>();
    nest.for_each_run([&, strides = nest.innermost().strides](const Nest::Offsets& at, std::int64_t count) {
        float* to = py + at[0];
        for_each_pair(strides, pa + at[1], pb + at[2], count,
                      [to, f](std::int64_t i, float va, float vb) { to[i] = f(va, vb); });
    });
}

template <class Pass, class F>
void backward(const Pass& pass, const Tensor& dx, F f) {
    const Tensor &a = pass.a, &b = pass.b, &dy = pass.dy;
    const Nest nest = loops(a.shape(), b.shape(), dx.shape());
    const float *pa = a.data<float>(), *pb = b.data<float>(), *pdy = dy.data<float>();
    float* pdx = dx.data<float>();
    nest.for_each_run([&, strides = nest.innermost().strides](const Nest::Offsets& at, std::int64_t count) {
        float* to = pdx + at[0];
        const float* from = pdy + at[0];
        for_each_pair(strides, pa + at[1], pb + at[2], count,
                      [to, from, f](std::int64_t i, float va, float vb) { to[i] = f(va, vb, from[i]); });
    });
}

// The share of dy that the larger (or with the signs changed the smaller) gets; all of it beside a NaN.
float share(float mine, float other, float dy) {
    return mine < other ? 0 * dy : mine == other ? 0.5f * dy : dy;
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    switch (pass.params.kind) {
        case BinaryKind::add:
            return forward(pass, [](float a, float b) { return a + b; });
        case BinaryKind::sub:
            return forward(pass, [](float a, float b) { return a - b; });
        case BinaryKind::mul:
            return forward(pass, [](float a, float b) { return a * b; });
        case BinaryKind::div:
            return forward(pass, [](float a, float b) { return a / b; });
        case BinaryKind::maximum:
            return forward(pass, [](float a, float b) { return a > b || a != a ? a : b; });
        case BinaryKind::minimum:
            return forward(pass, [](float a, float b) { return a < b || a != a ? a : b; });
        case BinaryKind::pow:
            return forward(pass, [](float a, float b) { return std::pow(a, b); });
    }
    TERN_ASSERT(false);
}

void run(Cpu, const BackwardA& pass, const Stream&) {
    switch (pass.params.kind) {
        case BinaryKind::add:
        case BinaryKind::sub:
            return backward(pass, pass.da, [](float, float, float dy) { return dy; });
        case BinaryKind::mul:
            return backward(pass, pass.da, [](float, float b, float dy) { return b * dy; });
        case BinaryKind::div:
            return backward(pass, pass.da, [](float, float b, float dy) { return dy / b; });
        case BinaryKind::maximum:
            return backward(pass, pass.da, [](float a, float b, float dy) { return share(a, b, dy); });
        case BinaryKind::minimum:
            return backward(pass, pass.da, [](float a, float b, float dy) { return share(-a, -b, dy); });
        case BinaryKind::pow:
            return backward(pass, pass.da, [](float a, float b, float dy) {
                return b == 0 ? 0 * dy : b * std::pow(a, b - 1) * dy;
            });
    }
    TERN_ASSERT(false);
}

void run(Cpu, const BackwardB& pass, const Stream&) {
    switch (pass.params.kind) {
        case BinaryKind::add:
            return backward(pass, pass.db, [](float, float, float dy) { return dy; });
        case BinaryKind::sub:
            return backward(pass, pass.db, [](float, float, float dy) { return -dy; });
        case BinaryKind::mul:
            return backward(pass, pass.db, [](float a, float, float dy) { return a * dy; });
        case BinaryKind::div:
            return backward(pass, pass.db, [](float a, float b, float dy) { return -(a / b) / b * dy; });
        case BinaryKind::maximum:
            return backward(pass, pass.db, [](float a, float b, float dy) { return share(b, a, dy); });
        case BinaryKind::minimum:
            return backward(pass, pass.db, [](float a, float b, float dy) { return share(-b, -a, dy); });
        case BinaryKind::pow:
            return backward(pass, pass.db, [](float a, float b, float dy) {
                return a == 0 && b >= 0 ? 0 * dy : std::pow(a, b) * std::log(a) * dy;
            });
    }
    TERN_ASSERT(false);
}

}  // namespace tern::elementwise_binary_passes
