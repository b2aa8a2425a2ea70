// da[n,h,w,c] = sum of dy over the windows whose first largest cell is (h, w), which goes through the
// normalisation by normalize's rules. Saved: all inputs; the normalised ones are computed again.
#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::normalize_max_pool2d_passes {
namespace {

class NormalizeMaxPool2dBackward : public Function {
  public:
    explicit NormalizeMaxPool2dBackward(const NormalizeMaxPool2dParams& params) : params_(params) {}

    const char* name() const override { return "normalize_max_pool2d"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& pass = normalize_max_pool2d_op().pass("backward");
        const Tensor x = saved(0), mean = saved(1), variance = saved(2), gamma = saved(3), beta = saved(4);
        const auto like = [](const Tensor& t) { return Tensor::empty(t.shape(), t.dtype(), t.device()); };
        const Tensor dx = needs_input_grad(0) ? like(x) : Tensor();
        const Tensor dmean = like(mean), dvariance = like(mean), dgamma = like(mean), dbeta = like(mean);
        run_pass(pass, ParamsRef(params_), {x, mean, variance, gamma, beta, grads[0]},
                 {dx, dmean, dvariance, dgamma, dbeta});
        return {dx, dmean, dvariance, dgamma, dbeta};
    }

  private:
    NormalizeMaxPool2dParams params_;
};

}  // namespace

void record_grad(const Tensor& input, const DeferredNormalize& norm, const Tensor& output,
                 const NormalizeMaxPool2dParams& params) {
    const Tensors inputs{input, norm.mean, norm.variance, norm.gamma, norm.beta};
    if (auto* function = Function::record<NormalizeMaxPool2dBackward>(inputs, {output}, params))
        for (const Tensor& tensor : inputs) function->save(tensor);
}

}  // namespace tern::normalize_max_pool2d_passes
