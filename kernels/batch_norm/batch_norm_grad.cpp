// With r = 1 / sqrt(variance + epsilon), xhat = r (x - mean), z = gamma xhat + beta + residual, y = f(z) and
// dz = f'(z) dy, the rules of normalize and channel_moments put together are
//   dgamma = sum dz xhat          dbeta = sum dz          dresidual = dz
//   dx = gamma r (dz - dbeta / M - xhat dgamma / M) + dmean / M + 2 (x - mean) dvariance / M
// where dmean and dvariance are the gradients of the moments as results. (Ioffe, Szegedy 2015, section 3.)
// Saved: all inputs and the moments; z is computed again, so y need not be kept.
#include "tern/kernels/batch_norm/batch_norm.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::batch_norm_passes {
namespace {

class BatchNormBackward : public Function {
  public:
    explicit BatchNormBackward(const NormalizeParams& params) : params_(params) {}

    const char* name() const override { return "batch_norm"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), gamma = saved(1), beta = saved(2), residual = saved(3);
        const Tensor mean = saved(4), variance = saved(5);
        const auto like = [](const Tensor& t) { return Tensor::empty(t.shape(), t.dtype(), t.device()); };
        const Tensor dy = grads[0] ? grads[0] : Tensor::zeros(x.shape(), x.dtype(), x.device());
        const bool residual_takes_dy = params_.activation == Activation::none;
        Tensor dresidual;
        if (needs_input_grad(3)) dresidual = residual_takes_dy ? dy : like(x);
        const Tensor dx = like(x), dgamma = like(gamma), dbeta = like(beta);
        static const Pass& backward = batch_norm_op().pass("backward");
        run_pass(backward, ParamsRef(params_),
                 {x, mean, variance, gamma, beta, residual, dy, grads[1], grads[2]},
                 {dx, dgamma, dbeta, residual_takes_dy ? Tensor() : dresidual});
        return {dx, dgamma, dbeta, dresidual};
    }

  private:
    NormalizeParams params_;
};

}  // namespace

void record_grad(const Tensors& inputs, const BatchNormResult& result, const NormalizeParams& params) {
    const Tensors outputs{result.output, result.mean, result.variance};
    if (auto* function = Function::record<BatchNormBackward>(inputs, outputs, params)) {
        for (const Tensor& input : inputs) function->save(input);
        function->save(result.mean);
        function->save(result.variance);
    }
}

}  // namespace tern::batch_norm_passes
