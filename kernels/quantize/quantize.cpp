#include "tern/kernels/quantize/quantize.hpp"

#include <cmath>

#include "tern/core/error.hpp"
#include "tern/kernels/quantize/quantize_passes.hpp"
#include "tern/kernels/shared/quantized_checks.hpp"

namespace tern {
using namespace quantize_passes;

const Op& quantize_op() {
    static const Op op{"quantize",
                       {pass_of<Forward, Total<Cpu>, Ref>(), pass_of<Inverse, Total<Cpu>, Ref>()}};
    return op;
}

namespace {

void check(const char* where, const Tensor& input, DType dtype, const Quantization& quantization) {
    check_quantized(where, "the input", input, dtype);
    check_zero(where, "zero", quantization.zero);
    TERN_CHECK(quantization.scale > 0 && std::isfinite(1 / quantization.scale), where,
               "scale must be above 0, got ", quantization.scale);
}

}  // namespace

Tensor quantize(const Tensor& input, const Quantization& quantization) {
    check("quantize", input, DType::float32, quantization);
    const Tensor output = Tensor::empty(input.shape(), DType::uint8);
    run_pass(Forward{.params = quantization, .x = input, .y = output});
    return output;
}

Tensor dequantize(const Tensor& input, const Quantization& quantization) {
    check("dequantize", input, DType::uint8, quantization);
    const Tensor output = Tensor::empty(input.shape(), DType::float32);
    run_pass(Inverse{.params = quantization, .x = input, .y = output});
    return output;
}

}  // namespace tern
