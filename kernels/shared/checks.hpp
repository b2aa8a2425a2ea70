// What many operations check of their arguments. Each throws Error in the name of `where`.
#pragma once

#include <functional>
#include <initializer_list>

#include "tern/core/tensor.hpp"

namespace tern {

struct Argument {
    const char* name;
    const Tensor& tensor;
};

/// None of the arguments is an undefined tensor.
void check_defined(const char* where, std::initializer_list<Argument> arguments);

/// The tensors, of which all but the first may be undefined, are of one floating-point type and on one device.
/// `names`: what they are called together, "input, weight and bias".
void check_one_type(const char* where, const char* names,
                    std::initializer_list<std::reference_wrapper<const Tensor>> tensors);

/// `bias` is undefined or one number for each of so many outputs, called `extent`: (O).
void check_bias(const char* where, const Tensor& bias, const char* extent, std::int64_t outputs);

/// What a step of an optimizer takes: `weights` of float32 or float64; `buffers` and, where they are defined, `optional`
/// ones of their shape, type and device; one float64 and, where it is defined, one float32 on that device.
void check_step(const char* where, const Tensor& weights,
                std::initializer_list<std::reference_wrapper<const Tensor>> buffers,
                std::initializer_list<std::reference_wrapper<const Tensor>> optional,
                const Tensor& learning_rate, const Tensor& gradient_factor);

}  // namespace tern
