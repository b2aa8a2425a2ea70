// With r = 1 / sqrt(variance + epsilon), xhat = r (x - mean) and M numbers in a group,
//   dgamma = sum over n, pixels of dy xhat     dbeta = sum over n, pixels of dy
//   dx = r (gamma dy - S / M - xhat P / M)     S = sum of gamma dy, P = sum of gamma dy xhat, over the group:
// batch normalisation's rule (Ioffe, Szegedy 2015, section 3) with the groups in the place of the channels.
// Saved: x, gamma, mean, variance.
#include "tern/core/autograd.hpp"
#include "tern/kernels/group_norm/group_norm_passes.hpp"

namespace tern::group_norm_passes {
namespace {

class GroupNormFunction : public Function {
  public:
    explicit GroupNormFunction(const GroupNormParams& params) : params_(params) {}

    const char* name() const override { return "group_norm"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), gamma = saved(1), mean = saved(2), variance = saved(3);
        const Tensor dx = new_grad(0, x), dgamma = new_grad(1, gamma), dbeta = new_grad(2, gamma);
        run_pass(Backward{.params = params_,
                          .x = x,
                          .mean = mean,
                          .variance = variance,
                          .gamma = gamma,
                          .dy = grads[0],
                          .dx = dx,
                          .dgamma = dgamma,
                          .dbeta = dbeta});
        return {dx, dgamma, dbeta};
    }

  private:
    GroupNormParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    auto* function =
        Function::record<GroupNormFunction>({pass.x, pass.gamma, pass.beta}, {pass.y}, pass.params);
    if (function == nullptr) return;
    for (const Tensor& tensor : {pass.x, pass.gamma, pass.mean, pass.variance}) function->save(tensor);
}

}  // namespace tern::group_norm_passes
