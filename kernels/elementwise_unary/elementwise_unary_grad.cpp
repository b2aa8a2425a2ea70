// dx = dy f'(x):
//   neg -1           exp exp(x)    log 1/x              sqrt 1/(2 sqrt(x))
//   abs sign(x)      square 2x     reciprocal -1/x^2    scale_shift scale
// Saved: x, unless f' is constant.
#include "tern/core/autograd.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary_passes.hpp"

namespace tern::elementwise_unary_passes {
namespace {

class ElementwiseUnaryFunction : public Function {
  public:
    explicit ElementwiseUnaryFunction(const ElementwiseUnaryParams& params) : params_(params) {}

    const char* name() const override { return "elementwise_unary"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor& dy = grads[0];
        const Tensor dx = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
        run_pass(Backward{.params = params_, .x = saved(0), .dy = dy, .dx = dx});
        return {dx};
    }

  private:
    ElementwiseUnaryParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    const UnaryKind kind = pass.params.kind;
    if (auto* function = Function::record<ElementwiseUnaryFunction>({pass.x}, {pass.y}, pass.params))
        function->save(kind == UnaryKind::neg || kind == UnaryKind::scale_shift ? Tensor() : pass.x);
}

}  // namespace tern::elementwise_unary_passes
