#include "tern/kernels/where/where.hpp"

#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/shared/checks.hpp"
#include "tern/kernels/where/where_passes.hpp"

namespace tern {
using namespace where_passes;

const Op& where_op() {
    static const Op op{"where", {pass_of<Forward, Partial<Cuda>, Total<Cpu>, Ref>()}};
    return op;
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
    check_defined("where", {{"the condition", condition}, {"a", a}, {"b", b}});
    TERN_CHECK(condition.dtype() == DType::uint8, "where", "the condition must be uint8, got ",
               condition.dtype());
    TERN_CHECK(a.dtype() == b.dtype() && a.device() == b.device() && a.device() == condition.device(),
               "where", "both must be of one type on the condition's device, got ", a, " and ", b,
               " (condition ", condition, ')');
    const Shape shape = broadcast_shape(condition.shape(), broadcast_shape(a.shape(), b.shape()));
    const Tensor y = Tensor::empty(shape, a.dtype(), a.device());
    const Forward pass{.condition = condition, .a = a, .b = b, .y = y};
    run_pass(pass);
    record_grad(pass);
    return y;
}

Tensor where(const Tensor& condition, const Tensor& a, double b) {
    check_defined("where", {{"a", a}});
    return where(condition, a, Tensor::full({}, b, a.dtype(), a.device()));
}
Tensor where(const Tensor& condition, double a, const Tensor& b) {
    check_defined("where", {{"b", b}});
    return where(condition, Tensor::full({}, a, b.dtype(), b.device()), b);
}

}  // namespace tern
