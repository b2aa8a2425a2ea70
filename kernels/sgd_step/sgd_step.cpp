#include "tern/kernels/sgd_step/sgd_step.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace sgd_step_passes {
void step_ref(const Problem& problem, const Stream& stream);
void step_cpu(const Problem& problem, const Stream& stream);
void step_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
}  // namespace sgd_step_passes

namespace {

const char* const kWhere = "sgd_step";

void check_params(const SgdParams& params, bool has_buffer) {
    TERN_CHECK(params.momentum >= 0 && params.momentum < 1, kWhere, "the momentum must be in [0, 1), got ",
               params.momentum);
    TERN_CHECK(params.weight_decay >= 0, kWhere, "the weight decay must be at least 0, got ",
               params.weight_decay);
    TERN_CHECK(!params.nesterov || params.momentum > 0, kWhere, "Nesterov's variant needs a momentum");
    TERN_CHECK(has_buffer == (params.momentum > 0), kWhere, "momentum ", params.momentum,
               has_buffer ? " with" : " without", " a buffer");
}

}  // namespace

const Op& sgd_step_op() {
    using namespace sgd_step_passes;
    static const Op op{"sgd_step",
                       {{"sgd_step",
                         "step",
                         {"w", "buffer", "g", "learning_rate", "gradient_factor"},
                         {"w", "buffer"},
                         {{Backend::cuda, TERN_IF_CUDA(step_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, step_cpu,
                           [](const Problem& problem, std::string* why_not) {
                               return problem.dtype() == DType::float32 ||
                                      refuse(why_not, "float32 only, got ", problem.dtype());
                           }},
                          {Backend::ref, step_ref}},
                         flops_per_input<6>}}};
    return op;
}

void sgd_step(const Tensor& weights, const Tensor& buffer, const Tensor& gradient,
              const Tensor& learning_rate, const SgdParams& params, const Tensor& gradient_factor) {
    check_params(params, buffer.defined());
    TERN_CHECK(weights.dtype() == DType::float32 || weights.dtype() == DType::float64, kWhere,
               "the weights must be float32 or float64, got ", weights);
    for (const Tensor& other : {buffer, gradient}) {
        TERN_CHECK(
            !other.defined() || (other.shape() == weights.shape() && other.dtype() == weights.dtype() &&
                                 other.device() == weights.device()),
            kWhere, "a buffer ", other, " for weights ", weights);
    }
    TERN_CHECK(learning_rate.numel() == 1 && learning_rate.dtype() == DType::float64 &&
                   learning_rate.device() == weights.device(),
               kWhere, "the learning rate must be one float64 on ", weights.device(), ", got ",
               learning_rate);
    TERN_CHECK(!gradient_factor.defined() ||
                   (gradient_factor.numel() == 1 && gradient_factor.dtype() == DType::float32 &&
                    gradient_factor.device() == weights.device()),
               kWhere, "the gradients' factor must be one float32 on ", weights.device(), ", got ",
               gradient_factor);
    static const Pass& pass = sgd_step_op().pass("step");
    run_pass(pass, ParamsRef(params), {weights, buffer, gradient, learning_rate, gradient_factor},
             {weights, buffer});
}

}  // namespace tern
