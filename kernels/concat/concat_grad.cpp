// Each piece gets its part of dy. Nothing is saved.
#include "tern/core/autograd.hpp"
#include "tern/kernels/concat/concat_passes.hpp"

namespace tern::concat_passes {
namespace {

class ConcatFunction : public Function {
  public:
    explicit ConcatFunction(ConcatParams params) : params_(std::move(params)) {}

    const char* name() const override { return "concat"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor& dy = grads[0];
        Tensors pieces;
        for (std::size_t i = 0; i < params_.extents.size(); ++i) {
            const Shape shape = dy.shape().with(params_.axis, params_.extents[i]);
            pieces.push_back(needs_input_grad(i) ? Tensor::empty(shape, dy.dtype(), dy.device()) : Tensor());
        }
        run_pass(Backward{.params = params_, .dy = dy, .dx = pieces});
        return pieces;
    }

  private:
    ConcatParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    Function::record<ConcatFunction>(Tensors(pass.x.begin(), pass.x.end()), {pass.y}, pass.params);
}

}  // namespace tern::concat_passes
