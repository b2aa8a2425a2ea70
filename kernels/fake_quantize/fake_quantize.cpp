#include "tern/kernels/fake_quantize/fake_quantize.hpp"

#include <cmath>

#include "tern/kernels/fake_quantize/fake_quantize_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace fake_quantize_passes;

const Op& fake_quantize_op() {
    static const Op op{"fake_quantize", {pass_of<Forward, Cpu, Ref>(), pass_of<Backward, Cpu, Ref>()}};
    return op;
}

namespace {

constexpr const char* kWhere = "fake_quantize";

void check_scale(const Tensor& scale) {
    visit_floating(scale.dtype(), [&]<class T>() {
        for (const T element : scale.elements<T>()) {
            const auto number = static_cast<Compute<T>>(element);
            TERN_CHECK(number > 0 && std::isfinite(number) && std::isfinite(1 / number), kWhere,
                       "a scale must be above 0, got ", number);
        }
    });
}

}  // namespace

Tensor fake_quantize(const Tensor& input, const Tensor& scale, int low, int high) {
    constexpr int kMost = 1 << 21;  // far from 2^22, from where on float32 has no halves
    check_defined(kWhere, {{"the input", input}, {"scale", scale}});
    check_one_type(kWhere, "input and scale", {input, scale});
    TERN_CHECK(input.device().is_cpu(), kWhere, "the input is on ", input.device(),
               "; 8-bit operations run on the CPU");
    const bool has_rows = input.rank() >= 1 && scale.shape() == Shape{input.dim(0)};
    TERN_CHECK(scale.rank() == 0 || has_rows, kWhere, "scale must be one number or one for each of the ",
               input.rank() >= 1 ? input.dim(0) : 1, " rows, got ", scale.shape());
    TERN_CHECK(-kMost <= low && low <= 0 && 0 <= high && high <= kMost, kWhere,
               "low and high must be at least -2^21 and at most 2^21 with 0 between, got ", low, " and ",
               high);
    check_scale(scale);
    const Tensor output = Tensor::empty(input.shape(), input.dtype());
    const FakeQuantizeParams params{low, high};
    const Forward pass{.params = params, .x = input, .scale = scale, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
