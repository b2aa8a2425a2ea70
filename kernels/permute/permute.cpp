#include "tern/kernels/permute/permute.hpp"

#include <numeric>

#include "tern/kernels/permute/permute_passes.hpp"
#include "tern/kernels/shared/axis.hpp"
#include "tern/kernels/shared/checks.hpp"

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

// `order` with negative dimensions counted from the last one.
std::vector<int> order_from_first(const Shape& input, const std::vector<int>& order) {
    std::vector<int> result;
    std::vector<bool> seen(static_cast<std::size_t>(input.rank()));
    bool valid = static_cast<int>(order.size()) == input.rank();
    for (const int axis : order) {
        const int d = axis < 0 ? axis + input.rank() : axis;
        valid = valid && d >= 0 && d < input.rank() && !seen[static_cast<std::size_t>(d)];
        if (!valid) break;
        seen[static_cast<std::size_t>(d)] = true;
        result.push_back(d);
    }
    TERN_CHECK(valid, "permute", "the order must hold each of the ", input.rank(), " dimensions of ", input,
               " once, got ", text_of(order));
    return result;
}

Shape shape_in_order(const Shape& input, const std::vector<int>& order) {
    std::vector<std::int64_t> extents;
    for (const int d : order) extents.push_back(input[d]);
    return Shape(extents);
}

}  // namespace

Shape permute_output_shape(const Shape& input, const std::vector<int>& order) {
    return shape_in_order(input, order_from_first(input, order));
}

Tensor permute(const Tensor& input, const std::vector<int>& order) {
    check_defined("permute", {{"the input", input}});
    const PermuteParams params{order_from_first(input.shape(), order)};
    const Tensor output =
        Tensor::empty(shape_in_order(input.shape(), params.order), input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

Tensor transpose(const Tensor& input, int first, int second) {
    check_defined("transpose", {{"the input", input}});
    std::vector<int> order(static_cast<std::size_t>(input.rank()));
    std::iota(order.begin(), order.end(), 0);
    const auto from_0 = [&](int axis) {
        return static_cast<std::size_t>(axis_from_first("transpose", axis, input.shape()));
    };
    std::swap(order[from_0(first)], order[from_0(second)]);
    return permute(input, order);
}

}  // namespace tern
