#include "tern/kernels/quantized_global_average_pool/quantized_global_average_pool.hpp"

#include "tern/core/error.hpp"
#include "tern/kernels/quantized_global_average_pool/quantized_global_average_pool_passes.hpp"
#include "tern/kernels/shared/quantized_checks.hpp"

namespace tern {
using namespace quantized_global_average_pool_passes;

const Op& quantized_global_average_pool_op() {
    static const Op op{"quantized_global_average_pool", {pass_of<Forward, Total<Cpu>, Ref>()}};
    return op;
}

Tensor quantized_global_average_pool(const Tensor& input, const QuantizedGlobalAveragePoolParams& params) {
    const char* const where = "quantized_global_average_pool";
    check_quantized(where, "the input", input, DType::uint8);
    TERN_CHECK(input.rank() == 4, where, "the input must be (N, H, W, C), got ", input.shape());
    const std::int64_t pixels = input.dim(1) * input.dim(2);
    TERN_CHECK(pixels >= 1 && pixels <= (std::int64_t{1} << 23), where,
               "an image must have 1 to 2^23 pixels, got ", pixels);
    check_zero(where, "input_zero", params.input_zero);
    check_zero(where, "zero", params.zero);
    const Tensor output = Tensor::empty({input.dim(0), input.dim(3)}, DType::uint8);
    run_pass(Forward{.params = params, .x = input, .y = output});
    return output;
}

}  // namespace tern
