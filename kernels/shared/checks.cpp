#include "tern/kernels/shared/checks.hpp"

#include <span>

namespace tern {

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

}  // namespace tern
