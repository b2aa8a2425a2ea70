#include "tern/kernels/adam_step/adam_step.hpp"

#include "tern/kernels/adam_step/adam_step_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
namespace {

const char* const kWhere = "adam_step";

void check_params(const AdamParams& params) {
    TERN_CHECK(params.beta1 >= 0 && params.beta1 < 1 && params.beta2 >= 0 && params.beta2 < 1, kWhere,
               "betas must be in [0, 1), got ", params.beta1, " and ", params.beta2);
    TERN_CHECK(params.epsilon >= 0, kWhere, "epsilon must be at least 0, got ", params.epsilon);
    TERN_CHECK(params.weight_decay >= 0, kWhere, "the weight decay must be at least 0, got ",
               params.weight_decay);
}

}  // namespace

namespace adam_step_passes {

bool accepts(Cpu, const Step& pass, std::string* why_not) {
    return accepts_float32(tensor_references(pass.w), why_not);
}

}  // namespace adam_step_passes

using namespace adam_step_passes;

const Op& adam_step_op() {
    static const Op op{"adam_step", {pass_of<Step, Partial<Cuda>, Partial<Cpu>, Ref>()}};
    return op;
}

void adam_step(const Tensor& weights, const Tensor& moment1, const Tensor& moment2, const Tensor& step,
               const Tensor& gradient, const Tensor& learning_rate, const AdamParams& params,
               const Tensor& gradient_factor, const Tensor& decay_mask) {
    check_params(params);
    check_step(kWhere, weights, {moment1, moment2, gradient}, {decay_mask}, learning_rate, gradient_factor);
    TERN_CHECK(step.numel() == 1 && step.dtype() == DType::int64 && step.device() == weights.device(), kWhere,
               "the step must be one int64 on ", weights.device(), ", got ", step);
    run_pass(Step{.params = params,
                  .w = weights,
                  .m = moment1,
                  .v = moment2,
                  .step = step,
                  .g = gradient,
                  .learning_rate = learning_rate,
                  .gradient_factor = gradient_factor,
                  .decay_mask = decay_mask,
                  .new_w = weights,
                  .new_m = moment1,
                  .new_v = moment2,
                  .new_step = step});
}

}  // namespace tern
