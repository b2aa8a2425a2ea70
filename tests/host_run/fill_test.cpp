// The kernel behind Tensor::fill on devices.
#include "tern/core/cuda/device/fill.cuh"

#include <vector>

#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

template <class Word>
void check_fill(std::int64_t count, Word value) {
    std::vector<Word> data(static_cast<std::size_t>(count) + 1, Word{0});
    cuda::launch_fill<Word>(data.data(), &value, count, Stream{});
    CHECK(std::count(data.begin(), data.end(), value) == count);
    CHECK(data.back() == Word{0});
}

}  // namespace

TEST_CASE("fill writes all elements and nothing behind them") {
    for (const std::int64_t count : {0, 1, 255, 256, 1000}) {
        check_fill<std::uint8_t>(count, 200);
        check_fill<std::uint16_t>(count, 0x3F80);
        check_fill<std::uint32_t>(count, 0x3F800000);
        check_fill<std::uint64_t>(count, 0x3FF0000000000000);
    }
    check_fill<std::uint8_t>(1024 * 256 + 77, 1);  // more than the grid has threads
}
