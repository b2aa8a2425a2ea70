// dx[n,h,w,c] = dy[n,c] / (H W). Nothing is saved.
#include "tern/core/autograd.hpp"
#include "tern/kernels/global_average_pool/global_average_pool_passes.hpp"

namespace tern::global_average_pool_passes {
namespace {

class GlobalAveragePoolFunction : public Function {
  public:
    explicit GlobalAveragePoolFunction(const Shape& image) : image_(image) {}

    const char* name() const override { return "global_average_pool"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor dx = Tensor::empty(image_, grads[0].dtype(), grads[0].device());
        run_pass(Backward{.dy = grads[0], .dx = dx});
        return {dx};
    }

  private:
    Shape image_;
};

}  // namespace

void record_grad(const Forward& pass) {
    Function::record<GlobalAveragePoolFunction>({pass.x}, {pass.y}, pass.x.shape());
}

}  // namespace tern::global_average_pool_passes
