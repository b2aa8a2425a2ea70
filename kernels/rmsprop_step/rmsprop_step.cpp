#include "tern/kernels/rmsprop_step/rmsprop_step.hpp"

#include "tern/kernels/rmsprop_step/rmsprop_step_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
namespace {

const char* const kWhere = "rmsprop_step";

void check_params(const RmspropParams& params, bool has_buffer) {
    TERN_CHECK(params.alpha >= 0 && params.alpha < 1, kWhere, "alpha must be in [0, 1), got ", params.alpha);
    TERN_CHECK(params.epsilon >= 0, kWhere, "epsilon must be at least 0, got ", params.epsilon);
    TERN_CHECK(params.momentum >= 0 && params.momentum < 1, kWhere, "the momentum must be in [0, 1), got ",
               params.momentum);
    TERN_CHECK(params.weight_decay >= 0, kWhere, "the weight decay must be at least 0, got ",
               params.weight_decay);
    TERN_CHECK(has_buffer == (params.momentum > 0), kWhere, "momentum ", params.momentum,
               has_buffer ? " with" : " without", " a buffer");
}

}  // namespace

namespace rmsprop_step_passes {

bool accepts(Cpu, const Step& pass, std::string* why_not) {
    return accepts_float32(tensor_references(pass.w), why_not);
}

}  // namespace rmsprop_step_passes

using namespace rmsprop_step_passes;

const Op& rmsprop_step_op() {
    static const Op op{"rmsprop_step", {pass_of<Step, Partial<Cuda>, Partial<Cpu>, Ref>()}};
    return op;
}

void rmsprop_step(const Tensor& weights, const Tensor& square, const Tensor& buffer, const Tensor& gradient,
                  const Tensor& learning_rate, const RmspropParams& params, const Tensor& gradient_factor,
                  const Tensor& decay_mask) {
    check_params(params, buffer.defined());
    check_step(kWhere, weights, {square, gradient}, {buffer, decay_mask}, learning_rate, gradient_factor);
    run_pass(Step{.params = params,
                  .w = weights,
                  .square = square,
                  .buffer = buffer,
                  .g = gradient,
                  .learning_rate = learning_rate,
                  .gradient_factor = gradient_factor,
                  .decay_mask = decay_mask,
                  .new_w = weights,
                  .new_square = square,
                  .new_buffer = buffer});
}

}  // namespace tern
