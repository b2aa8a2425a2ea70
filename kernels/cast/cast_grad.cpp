// dx = dy in the type of x. Nothing is saved.
#include "tern/kernels/cast/cast.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/cast/cast_passes.hpp"

namespace tern::cast_passes {
namespace {

class CastFunction : public Function {
  public:
    explicit CastFunction(DType from) : from_(from) {}

    const char* name() const override { return "cast"; }
    Tensors backward(const Tensors& grads) override {
        const Tensor& dy = grads[0];
        if (dy.dtype() == from_) return {dy};
        const Tensor dx = new_grad(0, dy.shape(), from_, dy.device());
        run_pass(Forward{.x = dy, .y = dx});
        return {dx};
    }

  protected:
    bool passes_elements() const override { return true; }

  private:
    DType from_;
};

}  // namespace

void record_grad(const Forward& pass) { Function::record<CastFunction>({pass.x}, {pass.y}, pass.x.dtype()); }

}  // namespace tern::cast_passes
