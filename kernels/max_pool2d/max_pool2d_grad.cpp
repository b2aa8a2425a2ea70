// dx[n,h,w,c] = sum of dy over the windows whose first largest cell is (h, w). Saved: x; the cell is found
// again, which reads x once more and stores nothing.
#include "tern/kernels/max_pool2d/max_pool2d.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::max_pool2d_passes {
namespace {

class MaxPool2dBackward : public Function {
  public:
    explicit MaxPool2dBackward(const MaxPool2dParams& params) : params_(params) {}

    const char* name() const override { return "max_pool2d"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& pass = max_pool2d_op().pass("backward");
        const Tensor x = saved(0);
        const Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
        run_pass(pass, ParamsRef(params_), {grads[0], x}, {dx});
        return {dx};
    }

  private:
    MaxPool2dParams params_;
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& output, const MaxPool2dParams& params) {
    if (auto* function = Function::record<MaxPool2dBackward>({input}, {output}, params))
        function->save(input);
}

}  // namespace tern::max_pool2d_passes
