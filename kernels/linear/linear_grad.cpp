// y = x w^T + b, rows p:
//   dx[p,i] = sum over o of dy[p,o] w[o,i]
//   dw[o,i] = sum over p of dy[p,o] x[p,i]
//   db[o]   = sum over p of dy[p,o]
// Saved: x, w.
#include "tern/core/autograd.hpp"
#include "tern/kernels/linear/linear_passes.hpp"

namespace tern::linear_passes {
namespace {

class LinearFunction : public Function {
  public:
    const char* name() const override { return "linear"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), w = saved(1), dy = grads[0];
        Tensor dx, dw, db;
        if (needs_input_grad(0)) {
            dx = Tensor::empty(x.shape(), x.dtype(), x.device());
            run_pass(BackwardInput{.dy = dy, .w = w, .dx = dx});
        }
        if (needs_input_grad(1)) {
            dw = new_weight_grad(1, w.shape(), w);
            run_pass(BackwardWeight{.x = x, .dy = dy, .dw = dw});
        }
        if (needs_input_grad(2) && shift_is_ignored()) {
            db = zero_weight_grad(2, {w.dim(0)}, w);
        } else if (needs_input_grad(2)) {
            db = new_weight_grad(2, {w.dim(0)}, w);
            run_pass(BackwardBias{.dy = dy, .dbias = db});
        }
        return {dx, dw, db};
    }
};

}  // namespace

void record_grad(const Forward& pass) {
    if (auto* function = Function::record<LinearFunction>({pass.x, pass.w, pass.bias}, {pass.y})) {
        function->save(pass.x);
        function->save(pass.w);
    }
}

}  // namespace tern::linear_passes
