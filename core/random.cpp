#include "tern/core/random.hpp"

#include <cmath>
#include <numbers>

namespace tern {

double RandomStream::normal(std::uint64_t element) const {
    // One block of four numbers gives the pair (element, element ^ 1): 53-bit radius and angle.
    const Random4 block = bits(element / 2);
    const auto unit = [](std::uint32_t high, std::uint32_t low) {
        return static_cast<double>((std::uint64_t{high} << 21) ^ (low >> 11)) * 0x1p-53;
    };
    const double radius = std::sqrt(-2.0 * std::log(1.0 - unit(block.v[0], block.v[1])));
    const double angle = 2.0 * std::numbers::pi * unit(block.v[2], block.v[3]);
    return radius * (element % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

}  // namespace tern
