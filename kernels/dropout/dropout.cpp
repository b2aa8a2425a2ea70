#include "tern/kernels/dropout/dropout.hpp"

#include "tern/kernels/dropout/dropout_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace dropout_passes;

const Op& dropout_op() {
    static const Op op{"dropout", {pass_of<Forward, Partial<Cuda>, Cpu, Ref>()}};
    return op;
}

Tensor dropout(const Tensor& input, double probability, const RandomStream& stream, std::uint64_t first) {
    check_defined("dropout", {{"the input", input}});
    TERN_CHECK(is_floating(input.dtype()), "dropout", "the input must be of a floating-point type, got ",
               input.dtype());
    TERN_CHECK(probability >= 0 && probability <= 1, "dropout", "the probability must be in [0, 1], got ",
               probability);
    const DropoutParams params{probability, stream, first};
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
