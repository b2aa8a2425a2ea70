#include "tern/kernels/shared/quantized_checks.hpp"

#include "tern/core/error.hpp"

namespace tern {

void check_quantized(const char* where, const char* what, const Tensor& tensor, DType dtype,
                     const std::optional<Shape>& shape) {
    TERN_CHECK(tensor.defined(), where, what, " is undefined");
    TERN_CHECK(tensor.dtype() == dtype, where, what, " must be ", dtype, ", got ", tensor.dtype());
    TERN_CHECK(!shape || tensor.shape() == *shape, where, what, " must be ", *shape, ", got ",
               tensor.shape());
    TERN_CHECK(tensor.device().is_cpu(), where, what, " is on ", tensor.device(),
               "; 8-bit operations run on the CPU");
}

void check_zero(const char* where, const char* what, int zero) {
    TERN_CHECK(zero >= 0 && zero <= 255, where, what, " must be in 0 to 255, got ", zero);
}

void check_requantize(const char* where, const Requantize& result, const Tensor& residual,
                      const Shape& shape) {
    check_zero(where, "zero", result.zero);
    check_zero(where, "residual_zero", result.residual_zero);
    if (residual.defined()) check_quantized(where, "residual", residual, DType::uint8, shape);
}

}  // namespace tern
