#include "tern/kernels/elementwise_loss/elementwise_loss.hpp"

#include "tern/kernels/elementwise_loss/elementwise_loss_passes.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/kernels/shared/channels.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace elementwise_loss_passes;

const Op& elementwise_loss_op() {
    static const Op op{"elementwise_loss",
                       {pass_of<Forward, Cuda, Cpu, Ref>(), pass_of<Backward, Cuda, Cpu, Ref>()}};
    return op;
}

namespace {

Tensor loss_of(const char* where, const Tensor& input, const Tensor& target,
               const ElementwiseLossParams& params, LossReduction reduction) {
    check_defined(where, {{"the input", input}});
    TERN_CHECK(is_floating(input.dtype()), where, "the input must be of a floating-point type, got ",
               input.dtype());
    check_same_kind(where, "the target", target, input);
    TERN_CHECK(params.beta >= 0, where, "beta must be at least 0, got ", params.beta);
    const Tensor losses = Tensor::empty(input.shape(), compute_dtype(input.dtype()), input.device());
    const Forward pass{.params = params, .x = input, .target = target, .loss = losses};
    run_pass(pass);
    record_grad(pass);
    if (reduction == LossReduction::none) return losses;
    return reduction == LossReduction::sum ? sum(losses) : mean(losses);
}

}  // namespace

Tensor mse_loss(const Tensor& input, const Tensor& target, LossReduction reduction) {
    return loss_of("mse_loss", input, target, {LossKind::mse}, reduction);
}
Tensor l1_loss(const Tensor& input, const Tensor& target, LossReduction reduction) {
    return loss_of("l1_loss", input, target, {LossKind::l1}, reduction);
}
Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, double beta, LossReduction reduction) {
    return loss_of("smooth_l1_loss", input, target, {LossKind::smooth_l1, beta}, reduction);
}
Tensor binary_cross_entropy_with_logits(const Tensor& logits, const Tensor& target, LossReduction reduction) {
    return loss_of("binary_cross_entropy_with_logits", logits, target, {LossKind::binary_cross_entropy},
                   reduction);
}

}  // namespace tern
