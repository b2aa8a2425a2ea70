#include "tern/kernels/permute/permute.hpp"

#include "tern/kernels/permute/permute_passes.hpp"

namespace tern {
using namespace permute_passes;

const Op& permute_op() {
    static const Op op{"permute", {pass_of<Forward, Partial<Cuda>, Total<Cpu>, Ref>()}};
    return op;
}

namespace {

std::string text_of(const std::vector<int>& order) {
    std::string text = "(";
    for (const int d : order) text += to_text(text.size() > 1 ? "," : "", d);
    return text + ')';
}

}  // namespace

Shape permute_output_shape(const Shape& input, const std::vector<int>& order) {
    std::vector<std::int64_t> extents;
    std::vector<bool> seen(order.size());
    bool valid = static_cast<int>(order.size()) == input.rank();
    for (const int d : order) {
        valid = valid && d >= 0 && d < input.rank() && !seen[d];
        if (!valid) break;
        seen[d] = true;
        extents.push_back(input[d]);
    }
    TERN_CHECK(valid, "permute", "the order must hold each of the ", input.rank(), " dimensions of ", input,
               " once, got ", text_of(order));
    return Shape(extents);
}

Tensor permute(const Tensor& input, const std::vector<int>& order) {
    const Tensor output =
        Tensor::empty(permute_output_shape(input.shape(), order), input.dtype(), input.device());
    const PermuteParams params{order};
    const Forward pass{.params = params, .x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
