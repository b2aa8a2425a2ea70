// mean = sum x / M, variance = sum (x - mean)^2 / M; the mean inside the variance has no effect, since the
// distances from it add up to 0:
//   dx = dmean / M + 2 (x - mean) dvariance / M
// Saved: x, mean.
#include "tern/kernels/channel_moments/channel_moments.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::channel_moments_passes {
namespace {

class ChannelMomentsBackward : public Function {
  public:
    const char* name() const override { return "channel_moments"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward = channel_moments_op().pass("backward");
        const Tensor x = saved(0), mean = saved(1);
        const Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
        run_pass(backward, ParamsRef(NoParams{}), {x, mean, grads[0], grads[1]}, {dx});
        return {dx};
    }
};

}  // namespace

void record_grad(const Tensor& input, const Moments& moments) {
    if (auto* function =
            Function::record<ChannelMomentsBackward>({input}, {moments.mean, moments.variance})) {
        function->save(input);
        function->save(moments.mean);
    }
}

}  // namespace tern::channel_moments_passes
