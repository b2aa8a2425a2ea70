#include "tern/kernels/dispatch/upcast.hpp"

#include <algorithm>

#include "tern/kernels/cast/cast_passes.hpp"

namespace tern {
namespace {

bool is_16_bits(const Tensor& tensor) {
    return tensor.defined() && is_floating(tensor.dtype()) && size_of(tensor.dtype()) == 2;
}

Tensor in_float32(const Tensor& tensor) {
    return is_16_bits(tensor) ? Tensor::empty(tensor.shape(), DType::float32, tensor.device()) : tensor;
}

void convert(const Tensor& from, const Tensor& to) { run_pass(cast_passes::Forward{.x = from, .y = to}); }

}  // namespace

bool has_16_bits(const Problem& problem) {
    return std::ranges::any_of(problem.inputs, is_16_bits) ||
           std::ranges::any_of(problem.outputs, is_16_bits);
}

Upcast::Upcast(const Problem& problem) : original_(problem) {
    std::ranges::transform(problem.inputs, std::back_inserter(inputs_), in_float32);
    std::ranges::transform(problem.outputs, std::back_inserter(outputs_), in_float32);
}

void Upcast::upcast_inputs() const {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
        if (is_16_bits(original_.inputs[i])) convert(original_.inputs[i], inputs_[i]);
}

void Upcast::round_outputs() const {
    for (std::size_t i = 0; i < outputs_.size(); ++i)
        if (is_16_bits(original_.outputs[i])) convert(outputs_[i], original_.outputs[i]);
}

}  // namespace tern
