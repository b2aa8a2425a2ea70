// loss = 1/N sum over n, k of t[n,k] (log sum over j of exp(x[n,j]) - x[n,k]), and t[n,:] adds up to 1:
//   dx[n,k] = dloss / N (softmax(x)[n,k] - t[n,k])
// and of the loss of one row, with a[k] = w[k] t[n,k] for what is wanted:
//   dx[n,k] = dloss[n] (softmax(x)[n,k] sum over j of a[j] - a[k])
// Saved: x and what is wanted; the exponentials are computed again.
#include "tern/core/autograd.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy_passes.hpp"

namespace tern::softmax_cross_entropy_passes {
namespace {

class SoftmaxCrossEntropyFunction : public Function {
  public:
    explicit SoftmaxCrossEntropyFunction(const SoftmaxCrossEntropyParams& params) : params_(params) {}

    const char* name() const override { return "softmax_cross_entropy"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), labels = saved(1);
        const Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
        run_pass(
            Backward{.params = params_, .logits = x, .labels = labels, .dloss = grads[0], .dlogits = dx});
        return {dx, {}};
    }

  private:
    SoftmaxCrossEntropyParams params_;
};

class RowLossesFunction : public Function {
  public:
    explicit RowLossesFunction(const RowsParams& params) : params_(params) {}

    const char* name() const override { return "softmax_cross_entropy"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), labels = saved(1), probabilities = saved(2), weight = saved(3);
        const Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
        run_pass(RowsBackward{.params = params_,
                              .logits = x,
                              .labels = labels,
                              .probabilities = probabilities,
                              .weight = weight,
                              .dlosses = grads[0],
                              .dlogits = dx});
        return {dx};
    }

  private:
    RowsParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    if (auto* function = Function::record<SoftmaxCrossEntropyFunction>({pass.logits, pass.labels},
                                                                       {pass.loss}, pass.params)) {
        function->save(pass.logits);
        function->save(pass.labels);
    }
}

void record_grad(const RowsForward& pass) {
    auto* function = Function::record<RowLossesFunction>({pass.logits}, {pass.losses}, pass.params);
    if (function == nullptr) return;
    function->save(pass.logits);
    function->save(pass.labels);
    function->save(pass.probabilities);
    function->save(pass.weight);
}

}  // namespace tern::softmax_cross_entropy_passes
