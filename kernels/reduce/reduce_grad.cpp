// sum:      dx = dy, repeated over the reduced dimensions
// mean:     dx = dy / count
// max, min: dx = dy / (number of elements equal to y) where x equals y, else 0
// Saved: nothing for sum and mean, x and y for max and min.
#include "tern/kernels/reduce/reduce.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::reduce_passes {
namespace {

class ReduceBackward : public Function {
  public:
    ReduceBackward(const Shape& shape, const ReduceParams& params) : shape_(shape), params_(params) {}

    const char* name() const override { return "reduce"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward = reduce_op().pass("backward");
        const Tensor& dy = grads[0];
        const Tensor dx = Tensor::empty(shape_, dy.dtype(), dy.device());
        run_pass(backward, ParamsRef(params_), {saved(0), saved(1), dy}, {dx});
        return {dx};
    }

  private:
    Shape shape_;
    ReduceParams params_;
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& output, const ReduceParams& params) {
    auto* function = Function::record<ReduceBackward>({input}, {output}, input.shape(), params);
    if (function == nullptr) return;
    const bool extreme = params.kind == Reduction::max || params.kind == Reduction::min;
    function->save(extreme ? input : Tensor());
    function->save(extreme ? output : Tensor());
}

}  // namespace tern::reduce_passes
