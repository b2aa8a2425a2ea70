// dx = dy where low <= q <= high, else 0. Saved: x and the scale.
#include "tern/core/autograd.hpp"
#include "tern/kernels/fake_quantize/fake_quantize_passes.hpp"

namespace tern::fake_quantize_passes {
namespace {

class FakeQuantizeFunction : public Function {
  public:
    explicit FakeQuantizeFunction(const FakeQuantizeParams& params) : params_(params) {}

    const char* name() const override { return "fake_quantize"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor& dy = grads[0];
        const Tensor dx = Tensor::empty(dy.shape(), dy.dtype());
        run_pass(Backward{.params = params_, .x = saved(0), .scale = saved(1), .dy = dy, .dx = dx});
        return {dx};
    }

  private:
    FakeQuantizeParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    if (auto* function = Function::record<FakeQuantizeFunction>({pass.x}, {pass.y}, pass.params)) {
        function->save(pass.x);
        function->save(pass.scale);
    }
}

}  // namespace tern::fake_quantize_passes
