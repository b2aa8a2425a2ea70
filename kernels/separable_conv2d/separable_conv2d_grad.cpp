// Of the output z and its moments over M rows come dy, dmean and dvariance; what reaches z is
//   dz = dy + dmean / M + 2 (z - mean) dvariance / M
// (channel_moments), so that a batch norm between two of these operations never has a pass of its own. Then,
// rows p and taps k,
//   du[p,c] = sum over o of dz[p,o] pointwise[o,c]     dpointwise[o,c] = sum over p of dz[p,o] u[p,c]
//   da[p+k,c] = sum over k of du[p,c] depthwise[c,k]   ddepthwise[c,k] = sum over p of du[p,c] a[p+k,c]
// and da, with the gradient of a itself where that was kept, goes through the normalisation of the input by
// normalize's rules. Saved: all inputs but the bias, z where moments were kept, and its mean; a and u are
// computed again.
#include "tern/kernels/separable_conv2d/separable_conv2d.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::separable_conv2d_passes {
namespace {

class SeparableConv2dBackward : public Function {
  public:
    SeparableConv2dBackward(const SeparableConv2dParams& params, bool keeps_input)
        : params_(params), keeps_input_(keeps_input) {}

    const char* name() const override { return "separable_conv2d"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), mean = saved(1), variance = saved(2), gamma = saved(3), beta = saved(4),
                     depthwise = saved(5), pointwise = saved(6), residual = saved(7), y = saved(8),
                     y_mean = saved(9);
        const auto like = [](const Tensor& t) {
            return t ? Tensor::empty(t.shape(), t.dtype(), t.device()) : Tensor();
        };
        const Shape shape = x.shape().with(-1, pointwise.dim(0));
        const Tensor dy = grads[0] ? grads[0] : Tensor::zeros(shape, x.dtype(), x.device());
        Tensor dx, dbias, dy_mean, dy_variance, da, dresidual;
        if (y_mean) {
            dy_mean = grads[1];
            dy_variance = grads[2];
        }
        if (keeps_input_) da = grads.back();
        if (needs_input_grad(0)) dx = like(x);
        if (needs_input_grad(8)) dresidual = like(residual);
        if (needs_input_grad(7)) dbias = Tensor::empty({shape[3]}, x.dtype(), x.device());
        const Tensor dmean = like(mean), dvariance = like(mean), dgamma = like(mean), dbeta = like(mean);
        const Tensor ddepthwise = like(depthwise), dpointwise = like(pointwise);
        static const Pass& backward = separable_conv2d_op().pass("backward");
        run_pass(backward, ParamsRef(params_),
                 {x, mean, variance, gamma, beta, depthwise, pointwise, y, y_mean, dy, dy_mean, dy_variance,
                  residual, da},
                 {dx, dmean, dvariance, dgamma, dbeta, ddepthwise, dpointwise, dbias, dresidual});
        return {dx, dmean, dvariance, dgamma, dbeta, ddepthwise, dpointwise, dbias, dresidual};
    }

  private:
    SeparableConv2dParams params_;
    bool keeps_input_;
};

}  // namespace

void record_grad(const Tensor& input, const DeferredNormalize& norm, const Tensor& depthwise,
                 const Tensor& pointwise, const Tensor& bias, const SeparableConv2dResult& result) {
    const Tensors inputs{input,     norm.mean, norm.variance, norm.gamma,   norm.beta,
                         depthwise, pointwise, bias,          norm.residual};
    const auto& [output, moments, kept] = result;
    Tensors outputs{output};
    if (moments.mean) outputs = {output, moments.mean, moments.variance};
    if (kept) outputs.push_back(kept);
    if (auto* function = Function::record<SeparableConv2dBackward>(
            inputs, outputs, SeparableConv2dParams{norm.params}, kept.defined())) {
        for (const Tensor& input_or_weight :
             {input, norm.mean, norm.variance, norm.gamma, norm.beta, depthwise, pointwise, norm.residual})
            function->save(input_or_weight);
        function->save(moments.mean ? output : Tensor());
        function->save(moments.mean);
    }
}

}  // namespace tern::separable_conv2d_passes
