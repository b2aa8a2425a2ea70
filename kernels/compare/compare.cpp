#include "tern/kernels/compare/compare.hpp"

#include <array>

#include "tern/kernels/compare/compare_passes.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace compare_passes;

const Op& compare_op() {
    static const Op op{"compare", {pass_of<Forward, Partial<Cuda>, Total<Cpu>, Ref>()}};
    return op;
}

namespace {

const char* name_of(Comparison kind) {
    static constexpr std::array kNames{"equal",      "not_equal", "less",
                                       "less_equal", "greater",   "greater_equal"};
    return kNames.at(static_cast<std::size_t>(kind));
}

Tensor compare(Comparison kind, const Tensor& a, const Tensor& b) {
    check_defined(name_of(kind), {{"a", a}, {"b", b}});
    TERN_CHECK(a.dtype() == b.dtype() && a.device() == b.device(), name_of(kind),
               "both must be of one type on one device, got ", a, " and ", b);
    const CompareParams params{kind};
    const Tensor y = Tensor::empty(broadcast_shape(a.shape(), b.shape()), DType::uint8, a.device());
    run_pass(Forward{.params = params, .a = a, .b = b, .y = y});
    return y;
}

Tensor compare(Comparison kind, const Tensor& a, double b) {
    check_defined(name_of(kind), {{"a", a}});
    const Tensor number = Tensor::full({}, b, a.dtype(), a.device());
    TERN_CHECK(
        is_floating(a.dtype()) ||
            visit_any(a.dtype(), [&]<class T>() { return static_cast<double>(element_of<T>(b)) == b; }),
        name_of(kind), b, " is not a number of the type ", a.dtype());
    return compare(kind, a, number);
}

}  // namespace

Tensor equal(const Tensor& a, const Tensor& b) { return compare(Comparison::equal, a, b); }
Tensor not_equal(const Tensor& a, const Tensor& b) { return compare(Comparison::not_equal, a, b); }
Tensor less(const Tensor& a, const Tensor& b) { return compare(Comparison::less, a, b); }
Tensor less_equal(const Tensor& a, const Tensor& b) { return compare(Comparison::less_equal, a, b); }
Tensor greater(const Tensor& a, const Tensor& b) { return compare(Comparison::greater, a, b); }
Tensor greater_equal(const Tensor& a, const Tensor& b) { return compare(Comparison::greater_equal, a, b); }
Tensor equal(const Tensor& a, double b) { return compare(Comparison::equal, a, b); }
Tensor not_equal(const Tensor& a, double b) { return compare(Comparison::not_equal, a, b); }
Tensor less(const Tensor& a, double b) { return compare(Comparison::less, a, b); }
Tensor less_equal(const Tensor& a, double b) { return compare(Comparison::less_equal, a, b); }
Tensor greater(const Tensor& a, double b) { return compare(Comparison::greater, a, b); }
Tensor greater_equal(const Tensor& a, double b) { return compare(Comparison::greater_equal, a, b); }

}  // namespace tern
