// dx = dy in the type of x. Nothing is saved.
#include "tern/kernels/cast/cast.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/cast/cast_passes.hpp"

namespace tern::cast_passes {
namespace {

class CastFunction : public Function {
  public:
    CastFunction(DType from, bool of_leaf) : from_(from), of_leaf_(of_leaf) {}

    const char* name() const override { return "cast"; }
    Tensors backward(const Tensors& grads) override {
        const Tensor& dy = grads[0];
        if (dy.dtype() == from_) return {dy};
        const Tensor dx = new_grad(0, dy.shape(), from_, dy.device());
        run_pass(Forward{.x = dy, .y = dx});
        return {dx};
    }

  protected:
    // Of a chain of casts one in the middle would take another type than the leaf's, and round what was in its place.
    bool passes_elements() const override { return of_leaf_; }

  private:
    DType from_;
    bool of_leaf_;
};

}  // namespace

void record_grad(const Forward& pass) {
    const bool of_leaf = pass.x.grad_function() == nullptr;
    Function::record<CastFunction>({pass.x}, {pass.y}, pass.x.dtype(), of_leaf);
}

}  // namespace tern::cast_passes
