#include "tern/kernels/channel_moments/channel_moments.hpp"

#include "tern/kernels/channel_moments/channel_moments_passes.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern {
using namespace channel_moments_passes;

const Op& channel_moments_op() {
    static const Op op{"channel_moments",
                       {pass_of<Forward, Cuda, Cpu, Ref>(), pass_of<Backward, Cuda, Cpu, Ref>()}};
    return op;
}

Moments channel_moments(const Tensor& input) {
    check_rows("channel_moments", input);
    TERN_CHECK(rows_of(input.shape()) > 0, "channel_moments", "at least one row is needed, the input is ",
               input.shape());
    const Shape shape{input.dim(-1)};
    const DType dtype = compute_dtype(input.dtype());
    const Moments moments{Tensor::empty(shape, dtype, input.device()),
                          Tensor::empty(shape, dtype, input.device())};
    const Forward pass{.x = input, .mean = moments.mean, .variance = moments.variance};
    run_pass(pass);
    record_grad(pass);
    return moments;
}

}  // namespace tern
