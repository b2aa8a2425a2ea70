#include "tern/kernels/reduce/reduce.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/reduce/reduce_passes.hpp"
#include "tern/kernels/shared/axis.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace reduce_passes;

const Op& reduce_op() {
    static const Op op{"reduce",
                       {pass_of<Forward, Partial<Cuda>, Partial<Cpu>, Ref>(),
                        pass_of<Backward, Partial<Cuda>, Partial<Cpu>, Ref>()}};
    return op;
}

namespace {

const char* name_of(Reduction kind) {
    static constexpr std::array kNames{"sum", "mean", "max", "min"};
    return kNames.at(static_cast<std::size_t>(kind));
}

std::uint32_t axis_bits(const char* where, const Shape& shape, const std::vector<int>& axes) {
    std::uint32_t bits = 0;
    for (const int axis : axes) {
        const int d = axis_from_first(where, axis, shape);
        TERN_CHECK((bits >> d & 1) == 0, where, "axis ", axis, " is named twice (shape ", shape, ')');
        bits |= 1u << d;
    }
    return bits;
}

Tensor reduce(Reduction kind, const Tensor& input, const std::vector<int>& axes, bool keep_dims) {
    check_defined(name_of(kind), {{"the input", input}});
    TERN_CHECK(is_floating(input.dtype()), name_of(kind), "the input must be of a floating-point type, got ",
               input.dtype());
    const ReduceParams params{kind, axis_bits(name_of(kind), input.shape(), axes)};
    std::vector<std::int64_t> extents;
    std::int64_t count = 1;  // elements per result
    for (int d = 0; d < input.rank(); ++d) {
        const bool reduced = params.axes >> d & 1;
        if (reduced) count *= input.dim(d);
        if (!reduced || keep_dims) extents.push_back(reduced ? 1 : input.dim(d));
    }
    TERN_CHECK(kind == Reduction::sum || count > 0, name_of(kind), "there is none of no elements (input ",
               input.shape(), ')');
    const Tensor output = Tensor::empty(Shape(extents), input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

Tensor reduce_all(Reduction kind, const Tensor& input) {
    check_defined(name_of(kind), {{"the input", input}});
    std::vector<int> axes(static_cast<std::size_t>(input.rank()));
    std::iota(axes.begin(), axes.end(), 0);
    return reduce(kind, input, axes, false);
}

}  // namespace

Tensor sum(const Tensor& input) { return reduce_all(Reduction::sum, input); }
Tensor mean(const Tensor& input) { return reduce_all(Reduction::mean, input); }
Tensor max(const Tensor& input) { return reduce_all(Reduction::max, input); }
Tensor min(const Tensor& input) { return reduce_all(Reduction::min, input); }

Tensor sum(const Tensor& input, const std::vector<int>& axes, bool keep_dims) {
    return reduce(Reduction::sum, input, axes, keep_dims);
}
Tensor mean(const Tensor& input, const std::vector<int>& axes, bool keep_dims) {
    return reduce(Reduction::mean, input, axes, keep_dims);
}
Tensor max(const Tensor& input, const std::vector<int>& axes, bool keep_dims) {
    return reduce(Reduction::max, input, axes, keep_dims);
}
Tensor min(const Tensor& input, const std::vector<int>& axes, bool keep_dims) {
    return reduce(Reduction::min, input, axes, keep_dims);
}

Tensor variance(const Tensor& input, const std::vector<int>& axes, bool keep_dims, int correction) {
    const char* const where = "variance";
    check_defined(where, {{"the input", input}});
    TERN_CHECK(is_floating(input.dtype()), where, "the input must be of a floating-point type, got ",
               input.dtype());
    axis_bits(where, input.shape(), axes);
    std::int64_t count = 1;
    for (const int axis : axes) count *= input.dim(axis);
    TERN_CHECK(count > std::max(correction, 0), where, "more than ", correction, " elements are needed, got ",
               count, " (input ", input.shape(), ')');
    const Tensor x = cast(input, compute_dtype(input.dtype()));  // 16-bit differences would be rounded
    const Tensor squares = sum(square(x - mean(x, axes, true)), axes, keep_dims);
    return cast(squares / static_cast<double>(count - correction), input.dtype());
}

Tensor sum_to(const Tensor& input, const Shape& shape) {
    check_defined("sum_to", {{"the input", input}});
    if (input.shape() == shape) return input;
    const int more = input.rank() - shape.rank();
    std::vector<int> axes;
    for (int d = 0; d < input.rank(); ++d) {
        const bool repeated = d < more || (shape[d - more] == 1 && input.dim(d) != 1);
        TERN_CHECK(more >= 0 && (repeated || shape[d - more] == input.dim(d)), "sum_to", shape,
                   " does not broadcast to ", input.shape());
        if (repeated) axes.push_back(d);
    }
    return sum(input, axes).reshape(shape);
}

}  // namespace tern
