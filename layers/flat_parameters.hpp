// All trained parameters of a module in one buffer, all gradients in another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tern/layers/module.hpp"

namespace tern {

/// Moves the parameters of a module that are not frozen into one tensor and gives their gradients places in a second one of the
/// same layout, so that an optimizer step, a gradient exchange or a reset is one operation on fixed
/// addresses. Each slice starts at a multiple of 64 bytes; the padding between is zero in both and stays so
/// under any optimizer that maps (0, 0) to 0. Gradients start at zero. The module keeps using the buffers
/// when this object is gone.
class FlatParameters {
  public:
    /// Throws Error if these differ in dtype or device, or there are none.
    explicit FlatParameters(Module& module);

    struct Slice {
        std::string name;
        Tensor parameter;        // that of the module
        std::int64_t begin = 0;  // element of the buffers
        std::int64_t count = 0;
    };

    const Tensor& values() const { return values_; }        // (size())
    const Tensor& gradients() const { return gradients_; }  // (size())
    std::int64_t size() const { return values_.numel(); }   // with padding
    /// In the order of Module::parameters(), without what is frozen.
    const std::vector<Slice>& slices() const { return slices_; }
    /// What the next backward() finds first for a parameter replaces the zeros.
    void zero_grad() const;

  private:
    std::vector<Slice> slices_;
    Tensor values_, gradients_;
};

}  // namespace tern
