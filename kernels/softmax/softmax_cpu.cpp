// Rows over threads. The exponentials dominate and every one is computed once: 640 of them (64 images, 10
// classes) are 5 us, nothing beside a training step.
#include <algorithm>
#include <cmath>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"

namespace tern::softmax_passes {
namespace {

void softmax_row(const float* x, float* y, std::int64_t count) {
    const float top = *std::max_element(x, x + count);
    float sum = 0;
    for (std::int64_t k = 0; k < count; ++k) sum += y[k] = std::exp(x[k] - top);
    const float scale = 1 / sum;
    for (std::int64_t k = 0; k < count; ++k) y[k] *= scale;
}

void log_softmax_row(const float* x, float* y, std::int64_t count) {
    const float top = *std::max_element(x, x + count);
    float sum = 0;
    for (std::int64_t k = 0; k < count; ++k) sum += std::exp(x[k] - top);
    const float log_sum = std::log(sum);
    for (std::int64_t k = 0; k < count; ++k) y[k] = x[k] - top - log_sum;
}

void softmax_grad_row(const float* y, const float* dy, float* dx, std::int64_t count) {
    float sum = 0;
    for (std::int64_t k = 0; k < count; ++k) sum += y[k] * dy[k];
    for (std::int64_t k = 0; k < count; ++k) dx[k] = y[k] * (dy[k] - sum);
}

void log_softmax_grad_row(const float* y, const float* dy, float* dx, std::int64_t count) {
    float sum = 0;
    for (std::int64_t k = 0; k < count; ++k) sum += dy[k];
    for (std::int64_t k = 0; k < count; ++k) dx[k] = dy[k] - std::exp(y[k]) * sum;
}

template <class F>
void for_each_row(const Tensor& x, F function) {
    if (x.numel() == 0) return;
    const std::int64_t count = x.dim(-1), rows_per_chunk = std::max<std::int64_t>(1, 4096 / count);
    parallel_for(x.numel() / count, rows_per_chunk, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) function(row * count, count);
    });
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const float* x = pass.x.data<float>();
    float* y = pass.y.data<float>();
    const auto row = pass.params.logarithm ? log_softmax_row : softmax_row;
    for_each_row(pass.x, [&](std::int64_t at, std::int64_t count) { row(x + at, y + at, count); });
}

void run(Cpu, const Backward& pass, const Stream&) {
    const float *y = pass.y.data<float>(), *dy = pass.dy.data<float>();
    float* dx = pass.dx.data<float>();
    const auto row = pass.params.logarithm ? log_softmax_grad_row : softmax_grad_row;
    for_each_row(pass.y, [&](std::int64_t at, std::int64_t count) { row(y + at, dy + at, dx + at, count); });
}

}  // namespace tern::softmax_passes
