#include "tern/layers/sequential.hpp"

namespace tern {

Tensor Sequential::forward(const Tensor& input) {
    Tensor x = input;
    for (std::size_t i = 0; i < child_count(); ++i) x = child(i)(x);
    return x;
}

}  // namespace tern
