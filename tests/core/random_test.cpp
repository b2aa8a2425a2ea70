#include "tern/core/random.hpp"

#include <cmath>

#include "tern/tests/catch.hpp"

using namespace tern;

// Known answers of Random123 (kat_vectors, philox 4x32 10 rounds), the authors' own test vectors.
TEST_CASE("Philox gives the published numbers") {
    const auto same = [](Random4 a, Random4 b) { return std::equal(a.v, a.v + 4, b.v); };
    CHECK(same(philox({{0, 0, 0, 0}}, 0, 0), {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}));
    constexpr std::uint32_t kOnes = 0xffffffff;
    CHECK(same(philox({{kOnes, kOnes, kOnes, kOnes}}, kOnes, kOnes),
               {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}));
    CHECK(same(philox({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0),
               {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}));
}

TEST_CASE("uniform and normal numbers have their moments") {
    const RandomStream stream{7, RandomPurpose::user, 3};
    constexpr int kCount = 100000;
    double sum = 0, normal_sum = 0, normal_squares = 0;
    for (int i = 0; i < kCount; ++i) {
        const float u = stream.uniform(i);
        REQUIRE((u >= 0 && u < 1));
        sum += u;
        const double z = stream.normal(i);
        normal_sum += z;
        normal_squares += z * z;
    }
    // Five standard deviations of the means: sqrt(1/12), 1 and sqrt(2) over sqrt(count).
    const double unit = 5 / std::sqrt(kCount);
    CHECK(std::fabs(sum / kCount - 0.5) < unit * std::sqrt(1.0 / 12));
    CHECK(std::fabs(normal_sum / kCount) < unit);
    CHECK(std::fabs(normal_squares / kCount - 1) < unit * std::sqrt(2.0));
}

TEST_CASE("streams of another seed, purpose or index differ") {
    const auto first = [](std::uint64_t seed, RandomPurpose purpose, std::uint32_t index) {
        return RandomStream{seed, purpose, index}.bits64(0);
    };
    const std::uint64_t base = first(1, RandomPurpose::shuffle, 0);
    CHECK(base != first(2, RandomPurpose::shuffle, 0));
    CHECK(base != first(std::uint64_t{1} << 32 | 1, RandomPurpose::shuffle, 0));
    CHECK(base != first(1, RandomPurpose::augment, 0));
    CHECK(base != first(1, RandomPurpose::shuffle, 1));
}
