#include "tern/kernels/epoch_order/epoch_order.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/epoch_order/epoch_order_passes.hpp"

namespace tern::cases {
namespace {

using namespace epoch_order_passes;

PassCase order_case(std::string name, std::int64_t count, bool shuffle, std::uint64_t seed,
                    std::uint32_t epoch, bool benchmark = false) {
    return case_of<Order>(std::move(name), {shuffle, {seed, RandomPurpose::shuffle, epoch}}, {},
                          {.samples = {{count}, 0, 0, DType::int32}}, {.samples = Bound::exact()},
                          {.benchmark = benchmark});
}

}  // namespace

OpCases epoch_order_cases() {
    OpCases result;
    result.passes = {order_case("no sample", 0, true, 1, 0), order_case("one sample", 1, true, 1, 0),
                     order_case("in file order", 300, false, 1, 0), order_case("odd", 1001, true, 7, 3),
                     order_case("CIFAR-10", 50000, true, 0, 0, true)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        return std::vector{order_case("random", draw(0, 3000), draw(0, 3) != 0, seed,
                                      static_cast<std::uint32_t>(draw(0, 99)))};
    };
    result.errors = {{"negative count", [] { epoch_order(-1, true, 0, 0); },
                      "[epoch_order] a set of -1 samples, expected 0 to 2^31 - 1"},
                     {"negative epoch", [] { epoch_order(1, true, 0, -1); },
                      "[epoch_order] epoch -1 is not in [0, 2^32)"}};
    result.dispatch = {{order_case("on the CPU", 3, true, 0, 0), DType::float32, "auto", "ref"}};
    return result;
}

}  // namespace tern::cases
