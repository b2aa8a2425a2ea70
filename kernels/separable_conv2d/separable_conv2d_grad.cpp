// Of the output z, its mean and its variance over M rows come dy, dmean and dvariance; what reaches z is
//   dz = dy + dmean / M + 2 (z - mean) dvariance / M
// (channel_moments), so that a batch norm between two of these operations never has a pass of its own. Then,
// rows p and taps k,
//   du[p,c] = sum over o of dz[p,o] pointwise[o,c]     dpointwise[o,c] = sum over p of dz[p,o] u[p,c]
//   da[p+k,c] = sum over k of du[p,c] depthwise[c,k]   ddepthwise[c,k] = sum over p of du[p,c] a[p+k,c]
// and da, with the gradient of a itself where that was kept, goes through the normalisation of the input by
// normalize's rules. Saved: all inputs but the bias, z where mean and variance were kept, and its mean; a and
// u are computed again.
#include "tern/core/autograd.hpp"
#include "tern/kernels/separable_conv2d/separable_conv2d_passes.hpp"

namespace tern::separable_conv2d_passes {
namespace {

class SeparableConv2dFunction : public Function {
  public:
    SeparableConv2dFunction(const SeparableConv2dParams& params, bool keeps_input)
        : params_(params), keeps_input_(keeps_input) {}

    const char* name() const override { return "separable_conv2d"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), mean = saved(1), variance = saved(2), gamma = saved(3), beta = saved(4),
                     depthwise = saved(5), pointwise = saved(6), residual = saved(7), y = saved(8),
                     y_mean = saved(9);
        const auto grad_of = [this](std::size_t i, const Tensor& like) {
            return like ? new_grad(i, like) : Tensor();
        };
        const Shape shape = x.shape().with(-1, pointwise.dim(0));
        const Tensor dy = grads[0] ? grads[0] : Tensor::zeros(shape, x.dtype(), x.device());
        Tensor dx, dbias, dy_mean, dy_variance, da, dresidual;
        if (y_mean) {
            dy_mean = grads[1];
            dy_variance = grads[2];
        }
        if (keeps_input_) da = grads.back();
        if (needs_input_grad(0)) dx = grad_of(0, x);
        if (needs_input_grad(8)) dresidual = grad_of(8, residual);
        if (needs_input_grad(7)) dbias = new_weight_grad(7, {shape[3]}, x);
        const Tensor dmean = grad_of(1, mean), dvariance = grad_of(2, mean), dgamma = grad_of(3, mean),
                     dbeta = grad_of(4, mean);
        const Tensor ddepthwise = new_weight_grad(5, depthwise.shape(), depthwise),
                     dpointwise = new_weight_grad(6, pointwise.shape(), pointwise);
        run_pass(Backward{.params = params_,
                          .x = x,
                          .mean = mean,
                          .variance = variance,
                          .gamma = gamma,
                          .beta = beta,
                          .depthwise = depthwise,
                          .pointwise = pointwise,
                          .y = y,
                          .y_mean = y_mean,
                          .dy = dy,
                          .dy_mean = dy_mean,
                          .dy_variance = dy_variance,
                          .residual = residual,
                          .da = da,
                          .dx = dx,
                          .dmean = dmean,
                          .dvariance = dvariance,
                          .dgamma = dgamma,
                          .dbeta = dbeta,
                          .ddepthwise = ddepthwise,
                          .dpointwise = dpointwise,
                          .dbias = dbias,
                          .dresidual = dresidual});
        return {dx, dmean, dvariance, dgamma, dbeta, ddepthwise, dpointwise, dbias, dresidual};
    }

  private:
    SeparableConv2dParams params_;
    bool keeps_input_;
};

}  // namespace

void record_grad(const Forward& pass) {
    const Tensors inputs{pass.x,         pass.mean,      pass.variance, pass.gamma,   pass.beta,
                         pass.depthwise, pass.pointwise, pass.bias,     pass.residual};
    Tensors outputs{pass.y};
    if (pass.y_mean) outputs = {pass.y, pass.y_mean, pass.y_variance};
    if (pass.a) outputs.push_back(pass.a);
    if (auto* function =
            Function::record<SeparableConv2dFunction>(inputs, outputs, pass.params, pass.a.defined())) {
        for (const Tensor& input : {pass.x, pass.mean, pass.variance, pass.gamma, pass.beta, pass.depthwise,
                                    pass.pointwise, pass.residual})
            function->save(input);
        function->save(pass.y_mean ? pass.y : Tensor());
        function->save(pass.y_mean);
    }
}

}  // namespace tern::separable_conv2d_passes
