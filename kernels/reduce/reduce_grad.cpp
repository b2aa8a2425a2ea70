// sum:      dx = dy, repeated over the reduced dimensions
// mean:     dx = dy / count
// max, min: dx = dy / (number of elements equal to y) where x equals y, else 0;
//           where y is a NaN, the NaNs are what equals it
// Saved: nothing for sum and mean, x and y for max and min.
#include "tern/core/autograd.hpp"
#include "tern/kernels/reduce/reduce_passes.hpp"

namespace tern::reduce_passes {
namespace {

class ReduceFunction : public Function {
  public:
    ReduceFunction(const Shape& shape, const ReduceParams& params) : shape_(shape), params_(params) {}

    const char* name() const override { return "reduce"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor& dy = grads[0];
        const Tensor dx = Tensor::empty(shape_, dy.dtype(), dy.device());
        run_pass(Backward{.params = params_, .x = saved(0), .y = saved(1), .dy = dy, .dx = dx});
        return {dx};
    }

  private:
    Shape shape_;
    ReduceParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    const Reduction kind = pass.params.kind;
    auto* function = Function::record<ReduceFunction>({pass.x}, {pass.y}, pass.x.shape(), pass.params);
    if (function == nullptr) return;
    const bool extreme = kind == Reduction::max || kind == Reduction::min;
    function->save(extreme ? pass.x : Tensor());
    function->save(extreme ? pass.y : Tensor());
}

}  // namespace tern::reduce_passes
