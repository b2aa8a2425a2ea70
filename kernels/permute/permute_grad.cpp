// y = permute(x, order): dx = permute(dy, the inverse order). Nothing is saved.
#include "tern/kernels/permute/permute.hpp"

#include "tern/core/autograd.hpp"

namespace tern::permute_passes {
namespace {

class PermuteBackward : public Function {
  public:
    explicit PermuteBackward(const std::vector<int>& order) : inverse_(order.size()) {
        for (std::size_t d = 0; d < order.size(); ++d) inverse_[order[d]] = static_cast<int>(d);
    }

    const char* name() const override { return "permute"; }
    Tensors backward(const Tensors& grads) override { return {permute(grads[0], inverse_)}; }

  private:
    std::vector<int> inverse_;
};

}  // namespace

void record_grad(const Tensor& input, const Tensor& output, const PermuteParams& params) {
    Function::record<PermuteBackward>({input}, {output}, params.order);
}

}  // namespace tern::permute_passes
