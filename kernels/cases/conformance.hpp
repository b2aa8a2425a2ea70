// What the implementations of an operation are held to: ref in float64, within the bounds of a case.
#pragma once

#include <span>
#include <string>

#include "tern/kernels/cases/cases.hpp"

namespace tern::cases {

/// The type of a case's tensor in a run of `dtype`: 16-bit tensors have float32 statistics, float64 ones
/// float64.
DType dtype_of_spec(const TensorSpec& spec, DType dtype);

/// The inputs of a case in a run of `dtype`, undefined where its specs are.
Tensors make_inputs(const PassCase& pass_case, DType dtype, std::uint64_t seed);

/// Compares what a pass made of `inputs` (of make_inputs()) with ref in float64 on the same rounded inputs,
/// by the case's bounds. Returns "" or one line that says what is wrong. A NaN where ref has none is wrong.
std::string compare_with_ref(const PassCase& pass_case, const Tensors& inputs,
                             std::span<const Tensor> outputs);

}  // namespace tern::cases
