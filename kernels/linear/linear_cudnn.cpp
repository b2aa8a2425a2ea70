// All passes are matrix products over the rows of x (P, I) and dy (P, O) with w (O, I); cuBLASLt adds the
// bias as it stores.
#include "tern/kernels/cudnn/product.hpp"

namespace tern::linear_passes {
namespace {

using cudnn::ProductOperand;

// Calls function(a, b, bias, c) with the product of the pass.
template <class F>
auto with_product(const Problem& problem, F function) {
    const auto& in = problem.inputs;
    const Tensor &result = problem.outputs[0], none;
    const std::string_view pass = problem.pass.name;
    if (pass == "forward") return function(ProductOperand{in[0]}, ProductOperand{in[1], true}, in[2], result);
    if (pass == "backward_input") return function(ProductOperand{in[0]}, ProductOperand{in[1]}, none, result);
    return function(ProductOperand{in[1], true}, ProductOperand{in[0]}, none, result);
}

}  // namespace

bool accepts_cudnn(const Problem& problem, std::string* why_not) {
    return with_product(
        problem, [&](const auto&... operands) { return cudnn::accepts_product(operands..., why_not); });
}

void run_cudnn(const Problem& problem, const Stream& stream) {
    with_product(problem, [&](const auto&... operands) { cudnn::run_product(operands..., stream); });
}

}  // namespace tern::linear_passes
