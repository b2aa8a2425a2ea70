#include "tern/layers/scale_outputs.hpp"

#include "tern/core/autograd.hpp"
#include "tern/core/error.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"

namespace tern {

void scale_outputs(const Tensor& scale, const Tensor& shift, const Tensor& weight, const Tensor& bias) {
    TERN_CHECK(scale.shape() == bias.shape() && shift.shape() == bias.shape(), "scale_outputs",
               "scale and shift are ", scale.shape(), " and ", shift.shape(), ", the layer has outputs ",
               bias.shape());
    const NoGrad no_grad;
    const auto exact = [](const Tensor& t) { return cast(t.to(Device::cpu()), DType::float64); };
    const Tensor rows = exact(weight).reshape({weight.dim(0), -1}) * scale.reshape({-1, 1});
    weight.copy_from(cast(rows.reshape(weight.shape()), weight.dtype()));
    bias.copy_from(cast(exact(bias) * scale + shift, bias.dtype()));
}

}  // namespace tern
