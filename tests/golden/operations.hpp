// How the operations of the golden files are spelled in tern.
#pragma once

#include <map>
#include <string>

#include "tern/core/tensor.hpp"
#include "tern/tests/golden/golden_file.hpp"

namespace tern::test {

/// Inputs of a case by name, in the file's order for concat; an absent one (no bias) reads as undefined.
class Inputs {
  public:
    void add(const std::string& name, const Tensor& tensor) { entries_.emplace_back(name, tensor); }
    Tensor operator[](std::string_view name) const;
    Tensors all() const;

  private:
    std::vector<std::pair<std::string, Tensor>> entries_;
};

/// The outputs of a case, in the file's order.
using GoldenOperation = Tensors (*)(const Json& params, const Inputs& inputs);

/// By name of the golden file.
const std::map<std::string, GoldenOperation>& golden_operations();

}  // namespace tern::test
