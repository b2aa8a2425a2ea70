// dx[..., k, ...] = the sum of dy[..., j, ...] over the places j with index[..., j, ...] = k. Saved: the index.
#include "tern/core/autograd.hpp"
#include "tern/kernels/gather/gather_passes.hpp"

namespace tern::gather_passes {
namespace {

class GatherFunction : public Function {
  public:
    GatherFunction(const Shape& shape, const GatherParams& params) : shape_(shape), params_(params) {}

    const char* name() const override { return "gather"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor dx = Tensor::empty(shape_, grads[0].dtype(), grads[0].device());
        run_pass(Backward{.params = params_, .dy = grads[0], .index = saved(0), .dx = dx});
        return {dx};
    }

  private:
    Shape shape_;
    GatherParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    auto* function = Function::record<GatherFunction>({pass.x}, {pass.y}, pass.x.shape(), pass.params);
    if (function != nullptr) function->save(pass.index);
}

}  // namespace tern::gather_passes
