// Many steps of varying shapes: what a long-running program does.
#include <algorithm>

#include "tern/core/memory/memory.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/epoch_order/epoch_order.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/small_network.hpp"
#include "tern/training/evaluation.hpp"
#include "tern/training/training_step.hpp"

using namespace tern;

namespace {

std::int64_t bytes_in_use() { return memory_statistics(Device::cpu()).bytes_in_use; }

}  // namespace

TEST_CASE("training with batches of any size keeps its memory") {
    constexpr std::int64_t kLargest = 150;
    test::SmallNetwork network(4);
    const DatasetSource source = test::small_source(Split::train);
    const auto optimizer = make_optimizer(FlatParameters(network), {});
    TrainingStep step(network, *optimizer, source);
    const auto run = [&](std::int64_t batch_size) {
        step.run(epoch_order(kLargest, true, 1, step.steps(), Device::cpu()).slice(0, batch_size));
    };
    // Four sizes of the largest kind are the most that is ever kept: they are recorded, then have a slab
    // each.
    const std::int64_t before = bytes_in_use();
    for (int i = 0; i < 2; ++i)
        for (std::int64_t size = kLargest - 3; size <= kLargest; ++size) run(size);
    const std::int64_t most = bytes_in_use() - before;
    REQUIRE(most > 0);
    cases::Draw draw(7);
    std::int64_t furthest = 0;
    for (int i = 0; i < 400; ++i) {
        const std::int64_t size = draw(1, kLargest);
        for (int repeat = 0; repeat < 2; ++repeat) {
            run(size);
            furthest = std::max(furthest, bytes_in_use() - before);
        }
        if (i % 50 == 0)
            evaluate(network, source,
                     {.batch_size = draw(1, kLargest), .confusion = true, .keep_outputs = true});
    }
    CHECK(furthest <= most);
    CHECK(step.totals().read().samples > 0);
}

TEST_CASE("models run and train on batches of any size, the empty one too") {
    test::SmallNetwork network(4);
    network.eval();
    CHECK(network(Tensor::empty({0, 32, 32, 3})).shape() == Shape{0, 4});
    network.train();
    CHECK_THROWS_WITH(network(Tensor::empty({0, 32, 32, 3})),
                      Catch::Contains("more than 1 value per channel"));
}
