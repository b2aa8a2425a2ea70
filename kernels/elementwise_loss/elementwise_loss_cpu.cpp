// Plain loops over threads; the kind is a branch outside of them, so that the compiler makes vectors of all but
// the logarithm.
#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss_functions.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss_passes.hpp"

namespace tern::elementwise_loss_passes {
namespace {

constexpr std::int64_t kChunk = 1 << 14;

template <LossKind kKind>
struct Constant {
    static constexpr LossKind kind = kKind;
};

// Calls loop(constant kind, begin, end) for chunks of `count` elements.
template <class Loop>
void for_each_chunk(LossKind kind, std::int64_t count, Loop loop) {
    const auto run = [&](auto constant) {
        parallel_for(count, kChunk,
                     [&](std::int64_t begin, std::int64_t end) { loop(constant, begin, end); });
    };
    switch (kind) {
        case LossKind::mse:
            return run(Constant<LossKind::mse>{});
        case LossKind::l1:
            return run(Constant<LossKind::l1>{});
        case LossKind::smooth_l1:
            return run(Constant<LossKind::smooth_l1>{});
        case LossKind::binary_cross_entropy:
            return run(Constant<LossKind::binary_cross_entropy>{});
    }
    TERN_ASSERT(false);
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const float *x = pass.x.data<float>(), *target = pass.target.data<float>();
    float* loss = pass.loss.data<float>();
    const auto beta = static_cast<float>(pass.params.beta);
    for_each_chunk(pass.params.kind, pass.x.numel(),
                   [=](auto constant, std::int64_t begin, std::int64_t end) {
                       for (std::int64_t i = begin; i < end; ++i)
                           loss[i] = loss_value(constant.kind, beta, x[i], target[i]);
                   });
}

void run(Cpu, const Backward& pass, const Stream&) {
    const float *x = pass.x.data<float>(), *target = pass.target.data<float>();
    const float* dloss = pass.dloss.data<float>();
    float* dx = pass.dx.data<float>();
    const auto beta = static_cast<float>(pass.params.beta);
    for_each_chunk(pass.params.kind, pass.x.numel(),
                   [=](auto constant, std::int64_t begin, std::int64_t end) {
                       for (std::int64_t i = begin; i < end; ++i)
                           dx[i] = loss_derivative(constant.kind, beta, x[i], target[i]) * dloss[i];
                   });
}

}  // namespace tern::elementwise_loss_passes
