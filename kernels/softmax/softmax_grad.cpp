// softmax:      dy_k/dx_j = y_k (d_kj - y_j)    so dx_j = y_j (dy_j - sum over k of y_k dy_k)
// log_softmax:  dy_k/dx_j = d_kj - exp(y_j)     so dx_j = dy_j - exp(y_j) sum over k of dy_k
// Saved: y.

#include "tern/core/autograd.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"

namespace tern::softmax_passes {
namespace {

class SoftmaxFunction : public Function {
  public:
    explicit SoftmaxFunction(const SoftmaxParams& params) : params_(params) {}

    const char* name() const override { return params_.logarithm ? "log_softmax" : "softmax"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor y = saved(0);
        const Tensor dx = Tensor::empty(y.shape(), y.dtype(), y.device());
        run_pass(Backward{.params = params_, .y = y, .dy = grads[0], .dx = dx});
        return {dx};
    }

  private:
    SoftmaxParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    if (auto* function = Function::record<SoftmaxFunction>({pass.x}, {pass.y}, pass.params))
        function->save(pass.y);
}

}  // namespace tern::softmax_passes
