#include "tern/core/cuda/device/divisor.hpp"

#include <cstdint>

#include "tern/core/random.hpp"
#include "tern/tests/catch.hpp"

using tern::cuda::Divisor;

TEST_CASE("a divisor divides as the division does") {
    const auto check = [](int divisor, int n) {
        const Divisor by(divisor);
        if (by.quotient(n) == n / divisor && by.remainder(n) == n % divisor) return true;
        UNSCOPED_INFO(n << " / " << divisor << " is not " << Divisor(divisor).quotient(n));
        return false;
    };
    bool right = true;
    for (int divisor = 1; divisor <= 300; ++divisor) {
        for (int n = 0; n <= 2000; ++n) right = check(divisor, n) && right;
        // Where quotients change, up to the largest dividend.
        for (int quotient = INT32_MAX / divisor, i = 0; i < 5 && quotient > 0; ++i, quotient /= 7) {
            right = check(divisor, quotient * divisor) && right;
            right = check(divisor, quotient * divisor - 1) && right;
        }
        right = check(divisor, INT32_MAX) && right;
    }
    const tern::RandomStream random{1, tern::RandomPurpose::user, 0};
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        const auto bits = random.bits64(i);
        const int divisor = static_cast<int>(bits >> 33 >> bits % 31) | 1;
        right = check(divisor, static_cast<int>(bits & INT32_MAX)) && right;
    }
    for (const int divisor : {1 << 30, INT32_MAX - 1, INT32_MAX})
        for (const int n : {0, 1, divisor - 1, divisor, INT32_MAX}) right = check(divisor, n) && right;
    CHECK(right);
    CHECK(Divisor().quotient(7) == 7);
    CHECK(Divisor(0).quotient(7) == 7);
}
