#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"

#include <algorithm>
#include <array>

#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace elementwise_binary_passes;

const Op& elementwise_binary_op() {
    static const Op op{"elementwise_binary",
                       {pass_of<Forward, Cuda, Cpu, Ref>(), pass_of<BackwardA, Cuda, Cpu, Ref>(),
                        pass_of<BackwardB, Cuda, Cpu, Ref>()}};
    return op;
}

Shape broadcast_shape(const Shape& a, const Shape& b) {
    const int rank = std::max(a.rank(), b.rank());
    std::vector<std::int64_t> extents;
    for (int d = -rank; d < 0; ++d) {
        const std::int64_t extent_a = d < -a.rank() ? 1 : a[d], extent_b = d < -b.rank() ? 1 : b[d];
        TERN_CHECK(extent_a == extent_b || extent_a == 1 || extent_b == 1, "broadcast", a, " and ", b,
                   " differ in dimension ", d, ": ", extent_a, " and ", extent_b);
        extents.push_back(extent_a == 1 ? extent_b : extent_a);
    }
    return Shape(extents);
}

namespace {

Tensor binary(BinaryKind kind, const Tensor& a, const Tensor& b) {
    static constexpr std::array kNames{"add", "sub", "mul", "div", "maximum", "minimum", "pow"};
    const char* const where = kNames.at(static_cast<std::size_t>(kind));
    check_defined(where, {{"a", a}, {"b", b}});
    check_one_type(where, "both", {a, b});
    const ElementwiseBinaryParams params{kind};
    const Tensor output = Tensor::empty(broadcast_shape(a.shape(), b.shape()), a.dtype(), a.device());
    const Forward pass{.params = params, .a = a, .b = b, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

// A number as a tensor that broadcasts with `other`.
// `name`: what the operation calls the other operand.
Tensor like(const char* where, const char* name, const Tensor& other, double number) {
    check_defined(where, {{name, other}});
    return Tensor::full({}, number, other.dtype(), other.device());
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) { return binary(BinaryKind::add, a, b); }
Tensor sub(const Tensor& a, const Tensor& b) { return binary(BinaryKind::sub, a, b); }
Tensor mul(const Tensor& a, const Tensor& b) { return binary(BinaryKind::mul, a, b); }
Tensor div(const Tensor& a, const Tensor& b) { return binary(BinaryKind::div, a, b); }
Tensor maximum(const Tensor& a, const Tensor& b) { return binary(BinaryKind::maximum, a, b); }
Tensor minimum(const Tensor& a, const Tensor& b) { return binary(BinaryKind::minimum, a, b); }
Tensor pow(const Tensor& a, const Tensor& b) { return binary(BinaryKind::pow, a, b); }

Tensor operator+(const Tensor& a, double b) { return add(a, like("add", "a", a, b)); }
Tensor operator-(const Tensor& a, double b) { return sub(a, like("sub", "a", a, b)); }
Tensor operator*(const Tensor& a, double b) { return mul(a, like("mul", "a", a, b)); }
Tensor operator/(const Tensor& a, double b) { return div(a, like("div", "a", a, b)); }
Tensor operator+(double a, const Tensor& b) { return add(like("add", "b", b, a), b); }
Tensor operator-(double a, const Tensor& b) { return sub(like("sub", "b", b, a), b); }
Tensor operator*(double a, const Tensor& b) { return mul(like("mul", "b", b, a), b); }
Tensor operator/(double a, const Tensor& b) { return div(like("div", "b", b, a), b); }
Tensor pow(const Tensor& a, double b) { return pow(a, like("pow", "a", a, b)); }

}  // namespace tern
