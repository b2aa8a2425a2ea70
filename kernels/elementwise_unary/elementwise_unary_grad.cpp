// dx = dy f'(x):
//   neg -1, exp exp(x), log 1/x, sqrt 1/(2 sqrt(x)), abs sign(x), square 2x, reciprocal -1/x^2, scale_shift
//   scale
// Saved: x, unless f' is constant.
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::elementwise_unary_passes {
namespace {

class ElementwiseUnaryBackward : public Function {
  public:
    explicit ElementwiseUnaryBackward(const ElementwiseUnaryParams& params) : params_(params) {}

    const char* name() const override { return "elementwise_unary"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward = elementwise_unary_op().pass("backward");
        const Tensor& dy = grads[0];
        const Tensor dx = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
        run_pass(backward, ParamsRef(params_), {saved(0), dy}, {dx});
        return {dx};
    }

  private:
    ElementwiseUnaryParams params_;
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& output, const ElementwiseUnaryParams& params) {
    if (auto* function = Function::record<ElementwiseUnaryBackward>({input}, {output}, params)) {
        const bool constant = params.kind == UnaryKind::neg || params.kind == UnaryKind::scale_shift;
        function->save(constant ? Tensor() : input);
    }
}

}  // namespace tern::elementwise_unary_passes
