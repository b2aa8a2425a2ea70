// mean = sum x / M, variance = sum (x - mean)^2 / M; the mean inside the variance has no effect, since the
// distances from it add up to 0:
//   dx = dmean / M + 2 (x - mean) dvariance / M
// Saved: x, mean.
#include "tern/core/autograd.hpp"
#include "tern/kernels/channel_moments/channel_moments_passes.hpp"

namespace tern::channel_moments_passes {
namespace {

class ChannelMomentsFunction : public Function {
  public:
    const char* name() const override { return "channel_moments"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), mean = saved(1);
        const Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
        run_pass(Backward{.x = x, .mean = mean, .dmean = grads[0], .dvariance = grads[1], .dx = dx});
        return {dx};
    }
};

}  // namespace

void record_grad(const Forward& pass) {
    if (auto* function = Function::record<ChannelMomentsFunction>({pass.x}, {pass.mean, pass.variance})) {
        function->save(pass.x);
        function->save(pass.mean);
    }
}

}  // namespace tern::channel_moments_passes
