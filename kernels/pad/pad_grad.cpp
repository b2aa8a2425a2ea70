// pad: dx = dy without its borders; crop, which is that pass: dx = dy with borders of 0. Nothing is saved.
#include "tern/core/autograd.hpp"
#include "tern/kernels/pad/pad_passes.hpp"

namespace tern::pad_passes {
namespace {

class PadFunction : public Function {
  public:
    PadFunction(const Shape& shape, PadParams params) : shape_(shape), params_(std::move(params)) {}

    const char* name() const override { return "pad"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor dx = Tensor::empty(shape_, grads[0].dtype(), grads[0].device());
        run_pass(Backward{.params = params_, .dy = grads[0], .dx = dx});
        return {dx};
    }

  private:
    Shape shape_;
    PadParams params_;
};

class CropFunction : public Function {
  public:
    explicit CropFunction(PadParams params) : params_(std::move(params)) {}

    const char* name() const override { return "crop"; }
    Tensors backward(const Tensors& grads) override { return {pad(grads[0], params_.borders)}; }

  private:
    PadParams params_;
};

}  // namespace

void record_grad(const Backward& pass) { Function::record<CropFunction>({pass.dy}, {pass.dx}, pass.params); }

void record_grad(const Forward& pass) {
    Function::record<PadFunction>({pass.x}, {pass.y}, pass.x.shape(), pass.params);
}

}  // namespace tern::pad_passes
