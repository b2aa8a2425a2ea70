#include "tern/kernels/update_loss_scale/update_loss_scale.hpp"

#include "tern/kernels/update_loss_scale/update_loss_scale_passes.hpp"

namespace tern {
using namespace update_loss_scale_passes;

const Op& update_loss_scale_op() {
    // One read of the gradients: on the CPU ref is all there is to have.
    static const Op op{"update_loss_scale", {pass_of<Forward, Partial<Cuda>, Ref>()}};
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
    run_pass(Forward{.params = params,
                     .gradients = gradients,
                     .scale = scale,
                     .good_steps = good_steps,
                     .new_scale = scale,
                     .new_good_steps = good_steps,
                     .factor = factor});
}

}  // namespace tern
