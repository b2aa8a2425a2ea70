// With r = 1 / sqrt(variance + epsilon), xhat = r (x - mean), z = gamma xhat + beta + residual, y = f(z) and
// dz = f'(z) dy, the rules of normalize and channel_moments put together are
//   dgamma = sum dz xhat          dbeta = sum dz          dresidual = dz
//   dx = gamma r (dz - dbeta / M - xhat dgamma / M) + dmean / M + 2 (x - mean) dvariance / M
// where dmean and dvariance are the gradients of mean and variance as results. (Ioffe, Szegedy 2015, section
// 3.) Saved: all inputs, mean and variance; z is computed again, so y need not be kept.
#include "tern/core/autograd.hpp"
#include "tern/kernels/batch_norm/batch_norm_passes.hpp"

namespace tern::batch_norm_passes {
namespace {

class BatchNormFunction : public Function {
  public:
    explicit BatchNormFunction(const NormalizeParams& params) : params_(params) {}

    const char* name() const override { return "batch_norm"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), gamma = saved(1), beta = saved(2), residual = saved(3);
        const Tensor mean = saved(4), variance = saved(5);
        const Tensor dy = grads[0] ? grads[0] : Tensor::zeros(x.shape(), x.dtype(), x.device());
        const bool residual_takes_dy = params_.activation == Activation::none;
        Tensor dresidual;
        if (needs_input_grad(3)) dresidual = residual_takes_dy ? dy : new_grad(3, x);
        const Tensor dx = new_grad(0, x), dgamma = new_grad(1, gamma), dbeta = new_grad(2, beta);
        run_pass(Backward{.params = params_,
                          .x = x,
                          .mean = mean,
                          .variance = variance,
                          .gamma = gamma,
                          .beta = beta,
                          .residual = residual,
                          .dy = dy,
                          .dmean = grads[1],
                          .dvariance = grads[2],
                          .dx = dx,
                          .dgamma = dgamma,
                          .dbeta = dbeta,
                          .dresidual = residual_takes_dy ? Tensor() : dresidual});
        if (!grads[1]) ignores_shift_of(0);  // all but the mean does
        return {dx, dgamma, dbeta, dresidual};
    }

  private:
    NormalizeParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    const Tensors inputs{pass.x, pass.gamma, pass.beta, pass.residual};
    const Tensors outputs{pass.y, pass.mean, pass.variance};
    if (auto* function = Function::record<BatchNormFunction>(inputs, outputs, pass.params)) {
        for (const Tensor& input : inputs) function->save(input);
        function->save(pass.mean);
        function->save(pass.variance);
    }
}

}  // namespace tern::batch_norm_passes
