// What functions that look at pixels themselves ask of them.
#pragma once

#include <string_view>

#include "tern/core/error.hpp"
#include "tern/core/tensor.hpp"

namespace tern {

/// Throws Error "[where] takes ..." unless `pixels` are bytes in the memory of the CPU.
inline void check_pixels(std::string_view where, const Tensor& pixels) {
    TERN_CHECK(pixels.dtype() == DType::uint8 && pixels.device().is_cpu(), where,
               "takes pixels of uint8 on cpu, got ", pixels);
}

}  // namespace tern
