// z = gamma r (x - mean) + beta + residual with r = 1 / sqrt(variance + epsilon), y = f(z), dz = f'(z) dy:
//   dx = gamma r dz                                 dresidual = dz
//   dgamma = r sum dz (x - mean)                    dbeta = sum dz
//   dmean = -gamma r sum dz                         dvariance = -1/2 gamma r^3 sum dz (x - mean)
// Saved: all inputs; z is computed again, so y need not be kept.
#include "tern/core/autograd.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"

namespace tern::normalize_passes {
namespace {

class NormalizeFunction : public Function {
  public:
    explicit NormalizeFunction(const NormalizeParams& params) : params_(params) {}

    const char* name() const override { return "normalize"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), mean = saved(1), variance = saved(2), gamma = saved(3), beta = saved(4);
        const Tensor residual = saved(5), dy = grads[0];
        Tensor dx, dresidual, dgamma, dbeta, dmean, dvariance;
        if (needs_input_grad(1) || needs_input_grad(2) || needs_input_grad(3) || needs_input_grad(4)) {
            dmean = new_grad(1, gamma);
            dvariance = new_grad(2, gamma);
            dgamma = new_grad(3, gamma);
            dbeta = new_grad(4, gamma);
            run_pass(BackwardReduce{.params = params_,
                                    .x = x,
                                    .mean = mean,
                                    .variance = variance,
                                    .gamma = gamma,
                                    .beta = beta,
                                    .residual = residual,
                                    .dy = dy,
                                    .dgamma = dgamma,
                                    .dbeta = dbeta,
                                    .dmean = dmean,
                                    .dvariance = dvariance});
        }
        const bool residual_takes_dy = params_.activation == Activation::none;
        if (needs_input_grad(5)) {
            dresidual = residual_takes_dy ? dy : Tensor::empty(x.shape(), x.dtype(), x.device());
        }
        if (needs_input_grad(0) || (needs_input_grad(5) && !residual_takes_dy)) {
            dx = Tensor::empty(x.shape(), x.dtype(), x.device());
            run_pass(BackwardInput{.params = params_,
                                   .x = x,
                                   .mean = mean,
                                   .variance = variance,
                                   .gamma = gamma,
                                   .beta = beta,
                                   .residual = residual,
                                   .dy = dy,
                                   .dx = dx,
                                   .dresidual = residual_takes_dy ? Tensor() : dresidual});
        }
        return {dx, dmean, dvariance, dgamma, dbeta, dresidual};
    }

  private:
    NormalizeParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    const Tensors inputs{pass.x, pass.mean, pass.variance, pass.gamma, pass.beta, pass.residual};
    if (auto* function = Function::record<NormalizeFunction>(inputs, {pass.y}, pass.params)) {
        for (const Tensor& input : inputs) function->save(input);
    }
}

}  // namespace tern::normalize_passes
