#include "tern/kernels/shared/channels.hpp"

#include "tern/kernels/shared/checks.hpp"

namespace tern {

std::int64_t rows_of(const Shape& shape) {
    std::int64_t rows = 1;
    for (int i = 0; i + 1 < shape.rank(); ++i) rows *= shape[i];
    return rows;
}

void check_rows(const char* where, const Tensor& input) {
    check_defined(where, {{"the input", input}});
    TERN_CHECK(input.rank() >= 1 && is_floating(input.dtype()), where,
               "the input must be (..., C) of a floating-point type, got ", input);
}

void check_channel_vector(const char* where, const char* what, const Tensor& vector, const Tensor& input) {
    check_defined(where, {{what, vector}});
    const DType dtype = compute_dtype(input.dtype());
    TERN_CHECK((vector.shape() == Shape{input.dim(-1)}) && vector.dtype() == dtype &&
                   vector.device() == input.device(),
               where, what, " is ", vector, ", expected ", dtype, " (C) = ", Shape{input.dim(-1)}, " (input ",
               input, ')');
}

void check_same_kind(const char* where, const char* what, const Tensor& tensor, const Tensor& input) {
    check_defined(where, {{what, tensor}});
    TERN_CHECK(tensor.shape() == input.shape() && tensor.dtype() == input.dtype() &&
                   tensor.device() == input.device(),
               where, what, " is ", tensor, ", expected what the input is, ", input);
}

}  // namespace tern
