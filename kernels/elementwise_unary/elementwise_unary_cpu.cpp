// Plain loops over threads: memory bounds all but exp and log, which the program does not spend time in.
#include <cmath>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary_passes.hpp"

namespace tern::elementwise_unary_passes {
namespace {

constexpr std::int64_t kChunk = 1 << 15;

template <class F>
void apply(const Tensor& x, const Tensor& y, F f) {
    const float* from = x.data<float>();
    float* to = y.data<float>();
    parallel_for(x.numel(), kChunk, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) to[i] = f(from[i]);
    });
}

template <class F>
void apply(const Tensor& x, const Tensor& dy, const Tensor& dx, F f) {
    const float *at = x.data<float>(), *from = dy.data<float>();
    float* to = dx.data<float>();
    parallel_for(x.numel(), kChunk, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) to[i] = f(at[i], from[i]);
    });
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto a = static_cast<float>(pass.params.scale), b = static_cast<float>(pass.params.shift);
    switch (pass.params.kind) {
        case UnaryKind::neg:
            return apply(x, y, [](float v) { return -v; });
        case UnaryKind::exp:
            return apply(x, y, [](float v) { return std::exp(v); });
        case UnaryKind::log:
            return apply(x, y, [](float v) { return std::log(v); });
        case UnaryKind::sqrt:
            return apply(x, y, [](float v) { return std::sqrt(v); });
        case UnaryKind::abs:
            return apply(x, y, [](float v) { return std::fabs(v); });
        case UnaryKind::square:
            return apply(x, y, [](float v) { return v * v; });
        case UnaryKind::reciprocal:
            return apply(x, y, [](float v) { return 1 / v; });
        case UnaryKind::scale_shift:
            return apply(x, y, [a, b](float v) { return a * v + b; });
    }
    TERN_ASSERT(false);
}

void run(Cpu, const Backward& pass, const Stream&) {
    const Tensor &x = pass.x, &dy = pass.dy, &dx = pass.dx;
    const auto a = static_cast<float>(pass.params.scale);
    switch (pass.params.kind) {
        case UnaryKind::neg:
            return apply(dy, dx, [](float g) { return -g; });
        case UnaryKind::exp:
            return apply(x, dy, dx, [](float v, float g) { return std::exp(v) * g; });
        case UnaryKind::log:
            return apply(x, dy, dx, [](float v, float g) { return g / v; });
        case UnaryKind::sqrt:
            return apply(x, dy, dx, [](float v, float g) { return g / (2 * std::sqrt(v)); });
        case UnaryKind::abs:
            return apply(x, dy, dx, [](float v, float g) { return v > 0 ? g : v < 0 ? -g : 0 * g; });
        case UnaryKind::square:
            return apply(x, dy, dx, [](float v, float g) { return 2 * v * g; });
        case UnaryKind::reciprocal:
            return apply(x, dy, dx, [](float v, float g) { return -(g / v) / v; });
        case UnaryKind::scale_shift:
            return apply(dy, dx, [a](float g) { return a * g; });
    }
    TERN_ASSERT(false);
}

}  // namespace tern::elementwise_unary_passes
