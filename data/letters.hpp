// Letters of 5 x 7 pixels, for labels in images.
#pragma once

#include <array>
#include <cstdint>

namespace tern {

/// Rows from the top, the leftmost pixel in bit 4. Small letters are drawn as capitals; what has no drawing
/// is a box.
using Letter = std::array<std::uint8_t, 7>;
const Letter& letter_for(char c);

}  // namespace tern
