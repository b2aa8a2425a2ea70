// y = f(x): dx = f'(x) dy.
// Saved: x. Saving y would do for some of the functions, but x is often kept by its producer anyway.
#include "tern/kernels/activation/activation.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::activation_passes {
namespace {

class ActivationBackward : public Function {
  public:
    explicit ActivationBackward(const ActivationParams& params) : params_(params) {}

    const char* name() const override { return "activation"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward = activation_op().pass("backward");
        const Tensor x = saved(0);
        const Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
        run_pass(backward, ParamsRef(params_), {x, grads[0]}, {dx});
        return {dx};
    }

  private:
    ActivationParams params_;
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& output, const ActivationParams& params) {
    if (auto* function = Function::record<ActivationBackward>({input}, {output}, params)) {
        function->save(input);
    }
}

}  // namespace tern::activation_passes
