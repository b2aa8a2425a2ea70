#include "tern/core/half.hpp"

#include <cmath>

#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

// All 2^16 numbers of a type survive the way through float, and every float between two neighbours goes to
// the nearer one, ties to the even one.
template <class Half>
void check_rounding(std::uint16_t largest_finite) {
    for (std::uint32_t bits = 0; bits < largest_finite; ++bits) {
        Half low, high;
        low.bits = static_cast<std::uint16_t>(bits);
        high.bits = static_cast<std::uint16_t>(bits + 1);
        const float a = low, b = high;
        if (Half(a).bits != low.bits) FAIL("number " << bits << " does not survive");
        const auto middle = static_cast<float>((static_cast<double>(a) + static_cast<double>(b)) / 2);
        const std::uint16_t even = bits % 2 == 0 ? low.bits : high.bits;
        if (Half(middle).bits != even) FAIL("tie above " << bits);
        if (Half(std::nextafter(middle, a)).bits != low.bits) FAIL("below the tie above " << bits);
        if (Half(std::nextafter(middle, b)).bits != high.bits) FAIL("above the tie above " << bits);
        if (Half(-a).bits != (low.bits | 0x8000)) FAIL("sign of " << bits);
    }
}

}  // namespace

TEST_CASE("float16 rounds to nearest even") {
    check_rounding<float16>(0x7bff);
    CHECK(static_cast<float>(float16(65519.0f)) == 65504.0f);
    CHECK(std::isinf(static_cast<float>(float16(65520.0f))));
    CHECK(std::isnan(static_cast<float>(float16(std::nanf("")))));
    CHECK(std::isinf(static_cast<float>(float16(-INFINITY))));
}

TEST_CASE("bfloat16 rounds to nearest even") {
    check_rounding<bfloat16>(0x7f7f);
    CHECK(std::isinf(static_cast<float>(bfloat16(3.4e38f))));
    CHECK(std::isnan(static_cast<float>(bfloat16(std::nanf("")))));
}
