// y = depthwise(x, w):
//   dx[n,h,w,c]   = sum over the windows (oh, ow, kh, kw) that read (h, w) of dy[n,oh,ow,c] w[c,0,kh,kw]
//   dw[c,0,kh,kw] = sum over n, oh, ow of x[n, oh*stride + kh*dilation - pad, ..., c] dy[n,oh,ow,c]
// Saved: x, w.
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::depthwise_conv2d_passes {
namespace {

class DepthwiseConv2dBackward : public Function {
  public:
    explicit DepthwiseConv2dBackward(const DepthwiseConv2dParams& params) : params_(params) {}

    const char* name() const override { return "depthwise_conv2d"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward_input = depthwise_conv2d_op().pass("backward_input");
        static const Pass& backward_weight = depthwise_conv2d_op().pass("backward_weight");
        const Tensor x = saved(0), w = saved(1), dy = grads[0];
        Tensor dx, dw;
        if (needs_input_grad(0)) {
            dx = Tensor::empty(x.shape(), x.dtype(), x.device());
            run_pass(backward_input, ParamsRef(params_), {dy, w}, {dx});
        }
        if (needs_input_grad(1)) {
            dw = Tensor::empty(w.shape(), w.dtype(), w.device());
            run_pass(backward_weight, ParamsRef(params_), {x, dy}, {dw});
        }
        return {dx, dw};
    }

  private:
    DepthwiseConv2dParams params_;
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& weight, const Tensor& output,
                 const DepthwiseConv2dParams& params) {
    if (auto* function = Function::record<DepthwiseConv2dBackward>({input, weight}, {output}, params)) {
        function->save(input);
        function->save(weight);
    }
}

}  // namespace tern::depthwise_conv2d_passes
