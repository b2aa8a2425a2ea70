// What reference loops start and end with: operands upcast to the type they compute in, sums rounded once.
#pragma once

#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

/// The elements in the type that references compute in.
template <class T>
std::vector<Compute<T>> upcast(const Tensor& tensor) {
    const T* data = tensor.data<T>();
    return std::vector<Compute<T>>(data, data + tensor.numel());
}

/// Rounds the sums to the elements of `tensor`.
template <class T>
void store(const std::vector<Compute<T>>& sums, const Tensor& tensor) {
    for (std::size_t i = 0; i < sums.size(); ++i) tensor.data<T>()[i] = static_cast<T>(sums[i]);
}

/// The same for the gradient of a weight, of T or of the type that references compute in.
template <class T>
void store_gradient(const std::vector<Compute<T>>& sums, const Tensor& tensor) {
    tensor.dtype() == dtype_of<T>() ? store<T>(sums, tensor) : store<Compute<T>>(sums, tensor);
}

}  // namespace tern
