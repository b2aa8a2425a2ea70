// loss = 1/N sum over n, k of t[n,k] (log sum over j of exp(x[n,j]) - x[n,k]), and t[n,:] adds up to 1:
//   dx[n,k] = dloss / N (softmax(x)[n,k] - t[n,k])
// Saved: x and the labels; the exponentials are computed again.
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::softmax_cross_entropy_passes {
namespace {

class SoftmaxCrossEntropyBackward : public Function {
  public:
    explicit SoftmaxCrossEntropyBackward(const SoftmaxCrossEntropyParams& params) : params_(params) {}

    const char* name() const override { return "softmax_cross_entropy"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward = softmax_cross_entropy_op().pass("backward");
        const Tensor x = saved(0), labels = saved(1);
        const Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
        run_pass(backward, ParamsRef(params_), {x, labels, grads[0]}, {dx});
        return {dx, {}};
    }

  private:
    SoftmaxCrossEntropyParams params_;
};

}  // namespace

void record_grad(const Tensor& logits, const Tensor& labels, const Tensor& loss,
                 const SoftmaxCrossEntropyParams& params) {
    if (auto* function = Function::record<SoftmaxCrossEntropyBackward>({logits, labels}, {loss}, params)) {
        function->save(logits);
        function->save(labels);
    }
}

}  // namespace tern::softmax_cross_entropy_passes
