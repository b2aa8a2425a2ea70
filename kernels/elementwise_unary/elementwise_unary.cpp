#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

#include <array>

#include "tern/kernels/elementwise_unary/elementwise_unary_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace elementwise_unary_passes;

const Op& elementwise_unary_op() {
    static const Op op{
        "elementwise_unary",
        {pass_of<Forward, Partial<Cuda>, Cpu, Ref>(), pass_of<Backward, Partial<Cuda>, Cpu, Ref>()}};
    return op;
}

namespace {

Tensor unary(const Tensor& input, const ElementwiseUnaryParams& params) {
    static constexpr std::array kNames{"neg", "exp",    "log",        "sqrt",
                                       "abs", "square", "reciprocal", "scale_shift"};
    const char* const where = kNames.at(static_cast<std::size_t>(params.kind));
    check_defined(where, {{"the input", input}});
    TERN_CHECK(is_floating(input.dtype()), where, "the input must be of a floating-point type, got ",
               input.dtype());
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace

Tensor neg(const Tensor& input) { return unary(input, {UnaryKind::neg}); }
Tensor exp(const Tensor& input) { return unary(input, {UnaryKind::exp}); }
Tensor log(const Tensor& input) { return unary(input, {UnaryKind::log}); }
Tensor sqrt(const Tensor& input) { return unary(input, {UnaryKind::sqrt}); }
Tensor abs(const Tensor& input) { return unary(input, {UnaryKind::abs}); }
Tensor square(const Tensor& input) { return unary(input, {UnaryKind::square}); }
Tensor reciprocal(const Tensor& input) { return unary(input, {UnaryKind::reciprocal}); }
Tensor scale_shift(const Tensor& input, double scale, double shift) {
    return unary(input, {UnaryKind::scale_shift, scale, shift});
}

}  // namespace tern
