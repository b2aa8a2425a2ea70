// y = mask x / (1 - p): dx = mask dy / (1 - p), the same function of dy. Nothing is saved but the stream's
// address.
#include "tern/core/autograd.hpp"
#include "tern/kernels/dropout/dropout_passes.hpp"

namespace tern::dropout_passes {
namespace {

class DropoutFunction : public Function {
  public:
    explicit DropoutFunction(const DropoutParams& params) : params_(params) {}

    const char* name() const override { return "dropout"; }
    Tensors backward(const Tensors& grads) override {
        return {dropout(grads[0], params_.probability, params_.stream, params_.first)};
    }

  private:
    DropoutParams params_;
};

}  // namespace

void record_grad(const Forward& pass) { Function::record<DropoutFunction>({pass.x}, {pass.y}, pass.params); }

}  // namespace tern::dropout_passes
