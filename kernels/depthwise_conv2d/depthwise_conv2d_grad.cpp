// y = depthwise(x, w) + b:
//   dx[n,h,w,c]   = sum over the windows (oh, ow, kh, kw) that read (h, w) of dy[n,oh,ow,c] w[c,0,kh,kw]
//   dw[c,0,kh,kw] = sum over n, oh, ow of x[n, oh*stride + kh*dilation - pad, ..., c] dy[n,oh,ow,c]
//   db[c]         = sum over n, oh, ow of dy[n,oh,ow,c], as in linear()
// Saved: x, w.
#include "tern/core/autograd.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/linear/linear_passes.hpp"

namespace tern::depthwise_conv2d_passes {
namespace {

class DepthwiseConv2dFunction : public Function {
  public:
    explicit DepthwiseConv2dFunction(const DepthwiseConv2dParams& params) : params_(params) {}

    const char* name() const override { return "depthwise_conv2d"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), w = saved(1), dy = grads[0];
        Tensor dx, dw, db;
        if (needs_input_grad(0)) {
            dx = Tensor::empty(x.shape(), x.dtype(), x.device());
            run_pass(BackwardInput{.params = params_, .dy = dy, .w = w, .dx = dx});
        }
        if (needs_input_grad(1)) {
            dw = new_weight_grad(1, w.shape(), w);
            run_pass(BackwardWeight{.params = params_, .x = x, .dy = dy, .dw = dw});
        }
        if (needs_input_grad(2) && shift_is_ignored()) {
            db = zero_weight_grad(2, {w.dim(0)}, w);
        } else if (needs_input_grad(2)) {
            db = new_weight_grad(2, {w.dim(0)}, w);
            run_pass(linear_passes::BackwardBias{.dy = dy, .dbias = db});
        }
        return {dx, dw, db};
    }

  private:
    DepthwiseConv2dParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    if (auto* function =
            Function::record<DepthwiseConv2dFunction>({pass.x, pass.w, pass.bias}, {pass.y}, pass.params)) {
        function->save(pass.x);
        function->save(pass.w);
    }
}

}  // namespace tern::depthwise_conv2d_passes
