// Orders of samples and the batches cut from them.
#include "tern/data/batches.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "tern/core/random.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

std::vector<std::int32_t> order(std::int64_t count, bool shuffle, std::uint64_t seed, std::int64_t epoch) {
    const Tensor samples = epoch_order(count, shuffle, seed, epoch);
    const auto elements = samples.elements<std::int32_t>();
    return {elements.begin(), elements.end()};
}

}  // namespace

TEST_CASE("without shuffling samples come in file order") {
    std::vector<std::int32_t> expected(100);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(order(100, false, 7, 3) == expected);
    CHECK(order(0, true, 7, 3).empty());
}

TEST_CASE("a shuffled epoch visits every sample once, in an order of its own") {
    std::vector<std::int32_t> first = order(1000, true, 7, 0);
    CHECK(first == order(1000, true, 7, 0));
    CHECK(first != order(1000, true, 7, 1));
    CHECK(first != order(1000, true, 8, 0));
    CHECK(first != order(1000, false, 7, 0));
    const RandomStream stream{7, RandomPurpose::shuffle, 0};
    for (std::size_t i = 1; i < first.size(); ++i) {
        const auto key = [&](std::size_t at) { return stream.bits64(static_cast<std::uint64_t>(first[at])); };
        REQUIRE(key(i - 1) <= key(i));
    }
    std::ranges::sort(first);
    CHECK(first == order(1000, false, 7, 0));
}

TEST_CASE("the last, short batch is kept") {
    const Batches batches(epoch_order(10, false, 0, 0), 4);
    REQUIRE(batches.count() == 3);
    CHECK(batches[0].numel() == 4);
    CHECK(batches[2].numel() == 2);
    CHECK(batches[2].data<std::int32_t>()[1] == 9);
    CHECK(Batches(epoch_order(8, false, 0, 0), 4).count() == 2);
    CHECK(Batches(epoch_order(0, false, 0, 0), 4).count() == 0);
    for (const std::int64_t larger : {std::int64_t{99}, std::numeric_limits<std::int64_t>::max()}) {
        const Batches one(epoch_order(3, false, 0, 0), larger);
        CHECK(one.count() == 1);
        CHECK(one[0].numel() == 3);
    }
    CHECK_THROWS_WITH(Batches(epoch_order(3, false, 0, 0), 0),
                      "[data] the batch size must be at least 1, got 0");
}
