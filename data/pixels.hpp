// What functions that look at pixels themselves ask of them.
#pragma once

#include <string_view>

#include "tern/core/error.hpp"
#include "tern/data/dataset.hpp"

namespace tern {

/// Throws Error "[where] takes ..." unless `pixels` are bytes in the memory of the CPU.
inline void check_pixels(std::string_view where, const Tensor& pixels) {
    TERN_CHECK(pixels.dtype() == DType::uint8 && pixels.device().is_cpu(), where,
               "takes pixels of uint8 on cpu, got ", pixels);
}

/// The same of a set's images, and of its labels.
inline void check_samples(std::string_view where, const Dataset& set) {
    check_pixels(where, set.images);
    TERN_CHECK(set.images.rank() == 4 && set.images.dim(1) == 3, where, "takes images of (R, 3, H, W), got ",
               set.images.shape());
    TERN_CHECK(set.labels.dtype() == DType::int32 && set.labels.device().is_cpu() &&
                   set.labels.shape() == Shape{set.size()},
               where, "takes labels of int32 ", Shape{set.size()}, " on cpu, got ", set.labels);
}

}  // namespace tern
