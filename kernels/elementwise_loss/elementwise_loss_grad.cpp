// With d = x - t, dx = dloss times
//   mse 2 d    l1 sign(d)    smooth_l1 d / beta where |d| < beta, else sign(d)
//   binary_cross_entropy sigmoid(x) - t
// and dt = -dx, but -x dloss for binary_cross_entropy. Saved: x and t.
#include "tern/core/autograd.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss_passes.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

namespace tern::elementwise_loss_passes {
namespace {

class ElementwiseLossFunction : public Function {
  public:
    explicit ElementwiseLossFunction(const ElementwiseLossParams& params) : params_(params) {}

    const char* name() const override { return "elementwise_loss"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0);
        const Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
        run_pass(Backward{.params = params_, .x = x, .target = saved(1), .dloss = grads[0], .dx = dx});
        return {dx, needs_input_grad(1) ? gradient_of_target(dx, grads[0]) : Tensor()};
    }

  private:
    Tensor gradient_of_target(const Tensor& dx, const Tensor& dloss) const {
        if (params_.kind != LossKind::binary_cross_entropy) return neg(dx);
        return cast(neg(cast(saved(0), dloss.dtype()) * dloss), dx.dtype());
    }

    ElementwiseLossParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    auto* function =
        Function::record<ElementwiseLossFunction>({pass.x, pass.target}, {pass.loss}, pass.params);
    if (function == nullptr) return;
    function->save(pass.x);
    function->save(pass.target);
}

}  // namespace tern::elementwise_loss_passes
