// softmax:      dy_k/dx_j = y_k (d_kj - y_j)    so dx_j = y_j (dy_j - sum over k of y_k dy_k)
// log_softmax:  dy_k/dx_j = d_kj - exp(y_j)     so dx_j = dy_j - exp(y_j) sum over k of dy_k
// Saved: y.
#include "tern/kernels/softmax/softmax.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::softmax_passes {
namespace {

class SoftmaxBackward : public Function {
  public:
    explicit SoftmaxBackward(const SoftmaxParams& params) : params_(params) {}

    const char* name() const override { return params_.logarithm ? "log_softmax" : "softmax"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward = softmax_op().pass("backward");
        const Tensor y = saved(0);
        const Tensor dx = Tensor::empty(y.shape(), y.dtype(), y.device());
        run_pass(backward, ParamsRef(params_), {y, grads[0]}, {dx});
        return {dx};
    }

  private:
    SoftmaxParams params_;
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& output, const SoftmaxParams& params) {
    if (auto* function = Function::record<SoftmaxBackward>({input}, {output}, params)) function->save(output);
}

}  // namespace tern::softmax_passes
