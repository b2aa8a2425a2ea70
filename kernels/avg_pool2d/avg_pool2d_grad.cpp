// dx[n,h,w,c] = the sum of dy[n,oh,ow,c] / divisor(oh, ow) over the windows that read the pixel. Nothing is
// saved.
#include "tern/core/autograd.hpp"
#include "tern/kernels/avg_pool2d/avg_pool2d_passes.hpp"

namespace tern::avg_pool2d_passes {
namespace {

class AvgPool2dFunction : public Function {
  public:
    AvgPool2dFunction(const Shape& shape, const AvgPool2dParams& params) : shape_(shape), params_(params) {}

    const char* name() const override { return "avg_pool2d"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor dx = Tensor::empty(shape_, grads[0].dtype(), grads[0].device());
        run_pass(Backward{.params = params_, .dy = grads[0], .dx = dx});
        return {dx};
    }

  private:
    Shape shape_;
    AvgPool2dParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    Function::record<AvgPool2dFunction>({pass.x}, {pass.y}, pass.x.shape(), pass.params);
}

}  // namespace tern::avg_pool2d_passes
