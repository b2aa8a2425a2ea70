// From stored numbers to what a network sees: y = x * scale + shift.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tern/data/dataset.hpp"

namespace tern {

/// A pair of factors for each channel of images, or for each element of features; none: numbers stay as they
/// are.
struct Normalization {
    std::string name = "none";
    std::vector<double> scale = {}, shift = {};

    /// Whether pixels become the same numbers, whatever the name.
    bool same_numbers(const Normalization& other) const {
        return scale == other.scale && shift == other.shift;
    }
    /// (C), or of a sample's shape, in the type that a batch of `precision` is computed in; none: 1 and 0.
    Tensor scale_tensor(const Shape& shape, DType precision, Device device) const;
    Tensor shift_tensor(const Shape& shape, DType precision, Device device) const;
};

/// Of images: "unit", x / 255, or "half", (x / 255 - 0.5) / 0.5. Throws Error for another name.
Normalization fixed_normalization(std::string_view name, std::int64_t channels);

/// By name. Of images: those, or "dataset", (x / 255 - mean) / deviation with the mean and the standard
/// deviation of `train`'s pixels, per channel. Of features: "none", or "dataset", (x - mean) / deviation per
/// element of a sample; an element that is the same everywhere becomes 0. Of `train` only the samples `chosen` count,
/// (S) int32, where there are any. Throws Error for another name or a channel of one colour.
Normalization make_normalization(std::string_view name, const Dataset& train, const Tensor& chosen = {});

}  // namespace tern
