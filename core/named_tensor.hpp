// Tensors with names, as modules hold them and files store them.
#pragma once

#include <string>
#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

struct NamedTensor {
    std::string name;  // dotted: "middle.0.sep1.pointwise.bias"
    Tensor tensor;
};
using NamedTensors = std::vector<NamedTensor>;

}  // namespace tern
