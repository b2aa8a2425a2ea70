#include "tern/layers/mixed_precision.hpp"

#include "tern/kernels/cast/cast.hpp"
#include "tern/layers/rounded_parameters.hpp"

namespace tern {

Tensor in_type_of(const Tensor& input, const Tensor& parameter) {
    if (!parameter.defined() || input.dtype() == compute_dtype(input.dtype())) return parameter;
    const Tensor rounded = RoundedParameters::find(parameter, input.dtype());
    return rounded ? rounded : cast(parameter, input.dtype());
}

}  // namespace tern
