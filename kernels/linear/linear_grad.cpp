// y = x w^T + b, rows p:
//   dx[p,i] = sum over o of dy[p,o] w[o,i]
//   dw[o,i] = sum over p of dy[p,o] x[p,i]
//   db[o]   = sum over p of dy[p,o]
// Saved: x, w.
#include "tern/kernels/linear/linear.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::linear_passes {
namespace {

class LinearBackward : public Function {
  public:
    const char* name() const override { return "linear"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward_input = linear_op().pass("backward_input");
        static const Pass& backward_weight = linear_op().pass("backward_weight");
        static const Pass& backward_bias = linear_op().pass("backward_bias");
        const Tensor x = saved(0), w = saved(1), dy = grads[0];
        const ParamsRef none{NoParams{}};
        Tensor dx, dw, db;
        if (needs_input_grad(0)) {
            dx = Tensor::empty(x.shape(), x.dtype(), x.device());
            run_pass(backward_input, none, {dy, w}, {dx});
        }
        if (needs_input_grad(1)) {
            dw = Tensor::empty(w.shape(), w.dtype(), w.device());
            run_pass(backward_weight, none, {x, dy}, {dw});
        }
        if (needs_input_grad(2)) {
            db = Tensor::empty({w.dim(0)}, w.dtype(), w.device());
            run_pass(backward_bias, none, {dy}, {db});
        }
        return {dx, dw, db};
    }
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& output) {
    if (auto* function = Function::record<LinearBackward>({input, weight, bias}, {output})) {
        function->save(input);
        function->save(weight);
    }
}

}  // namespace tern::linear_passes
