// y = conv(x, w) + b, in every group:
//   dx[n,h,w,i]   = sum over o and the windows (oh, ow, kh, kw) that read (h, w) of
//                   dy[n,oh,ow,o] w[o,i,kh,kw]
//   dw[o,i,kh,kw] = sum over n, oh, ow of dy[n,oh,ow,o] x[n, oh*stride + kh*dilation - pad, ..., i]
//   db[o]         = sum over n, oh, ow of dy[n,oh,ow,o]
// Saved: x, w.
#include "tern/core/autograd.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"

namespace tern::conv2d_passes {
namespace {

class Conv2dFunction : public Function {
  public:
    explicit Conv2dFunction(const Conv2dParams& params) : params_(params) {}

    const char* name() const override { return "conv2d"; }

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
            run_pass(BackwardBias{.params = params_, .dy = dy, .dbias = db});
        }
        return {dx, dw, db};
    }

  private:
    Conv2dParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    if (auto* function =
            Function::record<Conv2dFunction>({pass.x, pass.w, pass.bias}, {pass.y}, pass.params)) {
        function->save(pass.x);
        function->save(pass.w);
    }
}

}  // namespace tern::conv2d_passes
