// dx = the gradient of each value where it was, else 0: gather's backward pass. Saved: the indices.
#include "tern/core/autograd.hpp"
#include "tern/kernels/gather/gather_passes.hpp"
#include "tern/kernels/topk/topk_passes.hpp"

namespace tern::topk_passes {
namespace {

class TopkFunction : public Function {
  public:
    TopkFunction(const Shape& shape, int axis) : shape_(shape), params_{axis} {}

    const char* name() const override { return "topk"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor dx = Tensor::empty(shape_, grads[0].dtype(), grads[0].device());
        run_pass(gather_passes::Backward{.params = params_, .dy = grads[0], .index = saved(0), .dx = dx});
        return {dx};
    }

  private:
    Shape shape_;
    GatherParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    auto* function =
        Function::record<TopkFunction>({pass.x}, {pass.values}, pass.x.shape(), pass.params.axis);
    if (function != nullptr) function->save(pass.indices);
}

}  // namespace tern::topk_passes
