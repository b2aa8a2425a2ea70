// dx[n,h,w,c] = dy[n,c] / (H W). Nothing is saved.
#include "tern/kernels/global_average_pool/global_average_pool.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern::global_average_pool_passes {
namespace {

class GlobalAveragePoolBackward : public Function {
  public:
    explicit GlobalAveragePoolBackward(const Shape& image) : image_(image) {}

    const char* name() const override { return "global_average_pool"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& pass = global_average_pool_op().pass("backward");
        const Tensor dx = Tensor::empty(image_, grads[0].dtype(), grads[0].device());
        run_pass(pass, ParamsRef(NoParams{}), {grads[0]}, {dx});
        return {dx};
    }

  private:
    Shape image_;
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& output) {
    Function::record<GlobalAveragePoolBackward>({input}, {output}, input.shape());
}

}  // namespace tern::global_average_pool_passes
