// With d = x - t, dx = dloss times
//   mse 2 d    l1 sign(d)    smooth_l1 d / beta where |d| < beta, else sign(d)
//   binary_cross_entropy sigmoid(x) - t
// Saved: x and t.
#include "tern/core/autograd.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss_passes.hpp"

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
        return {dx};
    }

  private:
    ElementwiseLossParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    auto* function = Function::record<ElementwiseLossFunction>({pass.x}, {pass.loss}, pass.params);
    if (function == nullptr) return;
    function->save(pass.x);
    function->save(pass.target);
}

}  // namespace tern::elementwise_loss_passes
