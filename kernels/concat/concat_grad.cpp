// Each piece gets its part of dy. Nothing is saved.
#include "tern/kernels/concat/concat.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::concat_passes {
namespace {

class ConcatBackward : public Function {
  public:
    explicit ConcatBackward(ConcatParams params) : params_(std::move(params)) {}

    const char* name() const override { return "concat"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward = concat_op().pass("backward");
        const Tensor& dy = grads[0];
        Tensors pieces;
        for (std::size_t i = 0; i < params_.extents.size(); ++i) {
            const Shape shape = dy.shape().with(params_.axis, params_.extents[i]);
            pieces.push_back(needs_input_grad(i) ? Tensor::empty(shape, dy.dtype(), dy.device()) : Tensor());
        }
        run_problem({backward, ParamsRef(params_), grads, pieces});
        return pieces;
    }

  private:
    ConcatParams params_;
};

}  // namespace

void record_grad(const Tensors& inputs, const Tensor& output, const ConcatParams& params) {
    Function::record<ConcatBackward>(inputs, {output}, params);
}

}  // namespace tern::concat_passes
