// y = permute(x, order): dx = permute(dy, the inverse order). Nothing is saved.
#include "tern/core/autograd.hpp"
#include "tern/kernels/permute/permute_passes.hpp"

namespace tern::permute_passes {
namespace {

class PermuteFunction : public Function {
  public:
    explicit PermuteFunction(const std::vector<int>& order) : inverse_(order.size()) {
        for (std::size_t d = 0; d < order.size(); ++d) inverse_[order[d]] = static_cast<int>(d);
    }

    const char* name() const override { return "permute"; }
    Tensors backward(const Tensors& grads) override { return {permute(grads[0], inverse_)}; }

  private:
    std::vector<int> inverse_;
};

}  // namespace

void record_grad(const Forward& pass) {
    Function::record<PermuteFunction>({pass.x}, {pass.y}, pass.params.order);
}

}  // namespace tern::permute_passes
