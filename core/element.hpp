// Single elements of a tensor, on any device.
#pragma once

#include <initializer_list>

#include "tern/core/tensor.hpp"

namespace tern {

/// A tensor of shape () that shares memory with the element: one index per dimension, of which negative ones
/// count from the end. Not recorded in the tape. Throws Error that names the index, the axis and the extent.
Tensor element_view(const Tensor& tensor, std::initializer_list<std::int64_t> index);

/// A copy of the element: element(image, {0, -1, -1, 2}) is the last pixel's blue. As a double, which holds int64
/// exactly up to 2^53; element<std::int64_t>(labels, {3}) is the element as it is (Error for another type).
template <class T = double>
T element(const Tensor& tensor, std::initializer_list<std::int64_t> index) {
    const Tensor one = element_view(tensor, index);
    if constexpr (std::is_same_v<T, double>)
        return one.item();
    else
        return *one.to(Device::cpu()).template data<T>();
}

/// Writes the element: `value` rounded or cut to its type, as full() does it. Counts as a change in place, and is
/// not recorded in the tape.
void set_element(const Tensor& tensor, std::initializer_list<std::int64_t> index, double value);

/// The same of a whole number, of which int64 keeps all digits.
template <class T>
requires std::is_integral_v<T>
void set_element(const Tensor& tensor, std::initializer_list<std::int64_t> index, T value) {
    if (tensor.dtype() == DType::int64)
        element_view(tensor, index).copy_from(Tensor::from({}, {static_cast<std::int64_t>(value)}));
    else
        set_element(tensor, index, static_cast<double>(value));
}

}  // namespace tern
