// da = dy where the condition holds, else 0; db the other way round; with sums over what broadcasting repeated.
// Saved: the condition.
#include "tern/core/autograd.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/kernels/where/where_passes.hpp"

namespace tern::where_passes {
namespace {

class WhereFunction : public Function {
  public:
    WhereFunction(const Shape& a, const Shape& b) : shape_a_(a), shape_b_(b) {}

    const char* name() const override { return "where"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor condition = saved(0), &dy = grads[0];
        Tensor da, db;
        if (needs_input_grad(0)) da = sum_to(where(condition, dy, 0), shape_a_);
        if (needs_input_grad(1)) db = sum_to(where(condition, 0, dy), shape_b_);
        return {da, db};
    }

  private:
    Shape shape_a_, shape_b_;
};

}  // namespace

void record_grad(const Forward& pass) {
    auto* function =
        Function::record<WhereFunction>({pass.a, pass.b}, {pass.y}, pass.a.shape(), pass.b.shape());
    if (function != nullptr) function->save(pass.condition);
}

}  // namespace tern::where_passes
