// z = gamma r (x - mean) + beta + residual with r = 1 / sqrt(variance + epsilon), y = f(z), dz = f'(z) dy:
//   dx = gamma r dz                                 dresidual = dz
//   dgamma = r sum dz (x - mean)                    dbeta = sum dz
//   dmean = -gamma r sum dz                         dvariance = -1/2 gamma r^3 sum dz (x - mean)
// Saved: all inputs; z is computed again, so y need not be kept.
#include "tern/kernels/normalize/normalize.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::normalize_passes {
namespace {

class NormalizeBackward : public Function {
  public:
    explicit NormalizeBackward(const NormalizeParams& params) : params_(params) {}

    const char* name() const override { return "normalize"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), mean = saved(1), variance = saved(2), gamma = saved(3), beta = saved(4);
        const Tensor residual = saved(5), dy = grads[0];
        Tensor dx, dresidual, dgamma, dbeta, dmean, dvariance;
        if (needs_input_grad(1) || needs_input_grad(2) || needs_input_grad(3) || needs_input_grad(4)) {
            for (Tensor* grad : {&dgamma, &dbeta, &dmean, &dvariance})
                *grad = Tensor::empty(gamma.shape(), gamma.dtype(), gamma.device());
            static const Pass& reduce = normalize_op().pass("backward_reduce");
            run_pass(reduce, ParamsRef(params_), {x, mean, variance, gamma, beta, residual, dy},
                     {dgamma, dbeta, dmean, dvariance});
        }
        const bool residual_takes_dy = params_.activation == Activation::none;
        if (needs_input_grad(5)) {
            dresidual = residual_takes_dy ? dy : Tensor::empty(x.shape(), x.dtype(), x.device());
        }
        if (needs_input_grad(0) || (needs_input_grad(5) && !residual_takes_dy)) {
            dx = Tensor::empty(x.shape(), x.dtype(), x.device());
            static const Pass& backward_input = normalize_op().pass("backward_input");
            run_pass(backward_input, ParamsRef(params_), {x, mean, variance, gamma, beta, residual, dy},
                     {dx, residual_takes_dy ? Tensor() : dresidual});
        }
        return {dx, dmean, dvariance, dgamma, dbeta, dresidual};
    }

  private:
    NormalizeParams params_;
};

}  // namespace

void record_grad(const Tensors& inputs, const Tensor& output, const NormalizeParams& params) {
    if (auto* function = Function::record<NormalizeBackward>(inputs, {output}, params)) {
        for (const Tensor& input : inputs) function->save(input);
    }
}

}  // namespace tern::normalize_passes
