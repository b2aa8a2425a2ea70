// da[n,h,w,c] = sum of dy over the windows whose first largest pixel is (h, w), which goes through the
// normalisation by normalize's rules. Saved: all inputs; the normalised ones are computed again.
#include "tern/core/autograd.hpp"
#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d_passes.hpp"

namespace tern::normalize_max_pool2d_passes {
namespace {

class NormalizeMaxPool2dFunction : public Function {
  public:
    explicit NormalizeMaxPool2dFunction(const NormalizeMaxPool2dParams& params) : params_(params) {}

    const char* name() const override { return "normalize_max_pool2d"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), mean = saved(1), variance = saved(2), gamma = saved(3), beta = saved(4);
        const Tensor dx = needs_input_grad(0) ? new_grad(0, x) : Tensor();
        const Tensor dmean = new_grad(1, mean), dvariance = new_grad(2, mean), dgamma = new_grad(3, mean),
                     dbeta = new_grad(4, mean);
        run_pass(Backward{.params = params_,
                          .x = x,
                          .mean = mean,
                          .variance = variance,
                          .gamma = gamma,
                          .beta = beta,
                          .dy = grads[0],
                          .dx = dx,
                          .dmean = dmean,
                          .dvariance = dvariance,
                          .dgamma = dgamma,
                          .dbeta = dbeta});
        return {dx, dmean, dvariance, dgamma, dbeta};
    }

  private:
    NormalizeMaxPool2dParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    const Tensors inputs{pass.x, pass.mean, pass.variance, pass.gamma, pass.beta};
    if (auto* function = Function::record<NormalizeMaxPool2dFunction>(inputs, {pass.y}, pass.params))
        for (const Tensor& tensor : inputs) function->save(tensor);
}

}  // namespace tern::normalize_max_pool2d_passes
