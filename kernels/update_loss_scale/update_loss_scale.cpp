#include "tern/kernels/update_loss_scale/update_loss_scale.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace update_loss_scale_passes {
void forward_ref(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
}  // namespace update_loss_scale_passes

const Op& update_loss_scale_op() {
    using namespace update_loss_scale_passes;
    // One read of the gradients: on the CPU ref is all there is to have.
    static const Op op{"update_loss_scale",
                       {{"update_loss_scale",
                         "forward",
                         {"gradients", "scale", "good_steps"},
                         {"scale", "good_steps", "factor"},  // may be the tensors of the inputs
                         {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::ref, forward_ref}},
                         flops_per_input<1>}}};
    return op;
}

void update_loss_scale(const Tensor& scale, const Tensor& good_steps, const Tensor& factor,
                       const Tensor& gradients, const LossScaleParams& params) {
    const char* const where = "update_loss_scale";
    TERN_CHECK(gradients.dtype() == DType::float32 || gradients.dtype() == DType::float64, where,
               "gradients must be float32 or float64, got ", gradients);
    const auto check_scalar = [&](const char* name, const Tensor& tensor, DType dtype) {
        TERN_CHECK(tensor.numel() == 1 && tensor.dtype() == dtype && tensor.device() == gradients.device(),
                   where, name, " must be one ", dtype, " on ", gradients.device(), ", got ", tensor);
    };
    check_scalar("scale", scale, DType::float32);
    check_scalar("good_steps", good_steps, DType::int64);
    check_scalar("factor", factor, DType::float32);
    TERN_CHECK(params.growth_interval >= 1, where, "the growth interval must be at least 1, got ",
               params.growth_interval);
    static const Pass& forward = update_loss_scale_op().pass("forward");
    run_pass(forward, ParamsRef(params), {gradients, scale, good_steps}, {scale, good_steps, factor});
}

}  // namespace tern
