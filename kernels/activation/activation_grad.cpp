// y = f(x): dx = f'(x) dy.
// Saved: x. Saving y would do for some of the functions, but x is often kept by its producer anyway.
#include "tern/core/autograd.hpp"
#include "tern/kernels/activation/activation_passes.hpp"

namespace tern::activation_passes {
namespace {

class ActivationFunction : public Function {
  public:
    explicit ActivationFunction(const ActivationParams& params) : params_(params) {}

    const char* name() const override { return "activation"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0);
        const Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
        run_pass(Backward{.params = params_, .x = x, .dy = grads[0], .dx = dx});
        return {dx};
    }

  private:
    ActivationParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    if (auto* function = Function::record<ActivationFunction>({pass.x}, {pass.y}, pass.params))
        function->save(pass.x);
}

}  // namespace tern::activation_passes
