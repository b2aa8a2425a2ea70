// dx = dy without its borders. Nothing is saved.
#include "tern/kernels/pad/pad.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::pad_passes {
namespace {

class PadBackward : public Function {
  public:
    PadBackward(const Shape& shape, PadParams params) : shape_(shape), params_(std::move(params)) {}

    const char* name() const override { return "pad"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward = pad_op().pass("backward");
        const Tensor dx = Tensor::empty(shape_, grads[0].dtype(), grads[0].device());
        run_pass(backward, ParamsRef(params_), {grads[0]}, {dx});
        return {dx};
    }

  private:
    Shape shape_;
    PadParams params_;
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& output, const PadParams& params) {
    Function::record<PadBackward>({input}, {output}, input.shape(), params);
}

}  // namespace tern::pad_passes
