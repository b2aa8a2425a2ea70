// y = conv(x, w) + b, in every group:
//   dx[n,h,w,i]    = sum over o and the windows (oh, ow, kh, kw) that read (h, w) of dy[n,oh,ow,o]
//   w[o,i,kh,kw] dw[o,i,kh,kw]  = sum over n, oh, ow of dy[n,oh,ow,o] x[n, oh*stride + kh*dilation - pad,
//   ..., i] db[o]          = sum over n, oh, ow of dy[n,oh,ow,o]
// Saved: x, w.
#include "tern/kernels/conv2d/conv2d.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::conv2d_passes {
namespace {

class Conv2dBackward : public Function {
  public:
    explicit Conv2dBackward(const Conv2dParams& params) : params_(params) {}

    const char* name() const override { return "conv2d"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward_input = conv2d_op().pass("backward_input");
        static const Pass& backward_weight = conv2d_op().pass("backward_weight");
        static const Pass& backward_bias = conv2d_op().pass("backward_bias");
        const Tensor x = saved(0), w = saved(1), dy = grads[0];
        Tensor dx, dw, db;
        if (needs_input_grad(0)) {
            dx = Tensor::empty(x.shape(), x.dtype(), x.device());
            run_pass(backward_input, ParamsRef(params_), {dy, w}, {dx});
        }
        if (needs_input_grad(1)) {
            dw = Tensor::empty(w.shape(), w.dtype(), w.device());
            run_pass(backward_weight, ParamsRef(params_), {x, dy}, {dw});
        }
        if (needs_input_grad(2)) {
            db = Tensor::empty({w.dim(0)}, w.dtype(), w.device());
            run_pass(backward_bias, ParamsRef(params_), {dy}, {db});
        }
        return {dx, dw, db};
    }

  private:
    Conv2dParams params_;
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& output,
                 const Conv2dParams& params) {
    if (auto* function = Function::record<Conv2dBackward>({input, weight, bias}, {output}, params)) {
        function->save(input);
        function->save(weight);
    }
}

}  // namespace tern::conv2d_passes
