// dx[n,h,w,c] = sum of dy over the windows whose first largest pixel is (h, w). Saved: x; the pixel is found
// again, which reads x once more and stores nothing.
#include "tern/core/autograd.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"

namespace tern::max_pool2d_passes {
namespace {

class MaxPool2dFunction : public Function {
  public:
    explicit MaxPool2dFunction(const MaxPool2dParams& params) : params_(params) {}

    const char* name() const override { return "max_pool2d"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0);
        const Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
        run_pass(Backward{.params = params_, .dy = grads[0], .x = x, .dx = dx});
        return {dx};
    }

  private:
    MaxPool2dParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    if (auto* function = Function::record<MaxPool2dFunction>({pass.x}, {pass.y}, pass.params))
        function->save(pass.x);
}

}  // namespace tern::max_pool2d_passes
