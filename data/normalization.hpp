// From bytes to what a network sees: y = pixel * scale + shift, one pair per channel.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "tern/data/dataset.hpp"

namespace tern {

struct Normalization {
    std::string name = "unit";
    std::array<double, 3> scale{1.0 / 255, 1.0 / 255, 1.0 / 255};
    std::array<double, 3> shift{};

    /// (3), in the type that a batch of `precision` is computed in.
    Tensor scale_tensor(DType precision, Device device) const;
    Tensor shift_tensor(DType precision, Device device) const;
};

/// "unit": x / 255. "half": (x / 255 - 0.5) / 0.5. "dataset": (x / 255 - mean) / deviation with the mean and
/// the standard deviation of `train`'s pixels, per channel. Throws Error for another name or a channel of one
/// colour.
Normalization make_normalization(std::string_view name, const Dataset& train);

}  // namespace tern
