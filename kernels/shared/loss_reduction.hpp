// What losses have in common.
#pragma once

#include <cstdint>

namespace tern {

/// What becomes of the losses of the elements or rows: a tensor of them, their sum, or their mean.
enum class LossReduction : std::uint8_t { none, sum, mean };

}  // namespace tern
