// y = mask x / (1 - p): dx = mask dy / (1 - p), the same function of dy. Nothing is saved but the stream's
// address.
#include "tern/kernels/dropout/dropout.hpp"

#include "tern/core/autograd.hpp"

namespace tern::dropout_passes {
namespace {

class DropoutBackward : public Function {
  public:
    explicit DropoutBackward(const DropoutParams& params) : params_(params) {}

    const char* name() const override { return "dropout"; }
    Tensors backward(const Tensors& grads) override {
        return {dropout(grads[0], params_.probability, params_.stream)};
    }

  private:
    DropoutParams params_;
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& output, const DropoutParams& params) {
    Function::record<DropoutBackward>({input}, {output}, params);
}

}  // namespace tern::dropout_passes
