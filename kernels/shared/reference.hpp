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

/// The same for the gradient of a weight, which may be of a wider type than what it was computed from.
template <class Sum>
void store_gradient(const std::vector<Sum>& sums, const Tensor& tensor) {
    visit_floating(tensor.dtype(), [&]<class R>() {
        for (std::size_t i = 0; i < sums.size(); ++i) tensor.data<R>()[i] = static_cast<R>(sums[i]);
    });
}

}  // namespace tern
