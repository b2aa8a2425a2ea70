#include "tern/kernels/shared/checks.hpp"

#include <span>

namespace tern {
namespace {

void check_buffer(const char* where, const Tensor& weights, const Tensor& buffer) {
    TERN_CHECK(buffer.shape() == weights.shape() && buffer.dtype() == weights.dtype() &&
                   buffer.device() == weights.device(),
               where, "a buffer ", buffer, " for weights ", weights);
}

}  // namespace

void check_defined(const char* where, std::initializer_list<Argument> arguments) {
    for (const Argument& argument : arguments)
        TERN_CHECK(argument.tensor.defined(), where, argument.name, " is an undefined tensor");
}

void check_one_type(const char* where, const char* names,
                    std::initializer_list<std::reference_wrapper<const Tensor>> tensors) {
    const Tensor& first = *tensors.begin();
    for (const Tensor& other : std::span(tensors.begin() + 1, tensors.end())) {
        if (!other) continue;
        TERN_CHECK(first.dtype() == other.dtype() && is_floating(first.dtype()), where, names,
                   " must be of one floating-point type, got ", first.dtype(), " and ", other.dtype());
        TERN_CHECK(first.device() == other.device(), where, names, " must be on one device, got ",
                   first.device(), " and ", other.device());
    }
}

void check_bias(const char* where, const Tensor& bias, const char* extent, std::int64_t outputs) {
    TERN_CHECK(!bias || (bias.shape() == Shape{outputs}), where, "bias is ", bias.shape(), ", expected (",
               extent, ") = ", Shape{outputs});
}

void check_step(const char* where, const Tensor& weights,
                std::initializer_list<std::reference_wrapper<const Tensor>> buffers,
                std::initializer_list<std::reference_wrapper<const Tensor>> optional,
                const Tensor& learning_rate, const Tensor& gradient_factor) {
    const Device device = weights.device();
    TERN_CHECK(weights.dtype() == DType::float32 || weights.dtype() == DType::float64, where,
               "the weights must be float32 or float64, got ", weights);
    for (const Tensor& buffer : buffers) check_buffer(where, weights, buffer);
    for (const Tensor& buffer : optional)
        if (buffer.defined()) check_buffer(where, weights, buffer);
    TERN_CHECK(learning_rate.numel() == 1 && learning_rate.dtype() == DType::float64 &&
                   learning_rate.device() == device,
               where, "the learning rate must be one float64 on ", device, ", got ", learning_rate);
    TERN_CHECK(!gradient_factor.defined() ||
                   (gradient_factor.numel() == 1 && gradient_factor.dtype() == DType::float32 &&
                    gradient_factor.device() == device),
               where, "the gradients' factor must be one float32 on ", device, ", got ", gradient_factor);
}

}  // namespace tern
