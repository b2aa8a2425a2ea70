// What docs/threads.md promises, as far as it can be seen.
#include <thread>

#include "tern/core/autograd.hpp"
#include "tern/kernels/epoch_order/epoch_order.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/small_network.hpp"

using namespace tern;
using test::SmallRun;
using test::state_bytes;

namespace {

// Calls `function(i)` on `count` threads at the same time and gives back what each returned.
template <class F>
auto on_threads(std::size_t count, F function) {
    std::vector<decltype(function(0))> results(count);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i) {
        threads.emplace_back([&, i] { results[i] = function(i); });
    }
    threads.clear();  // joins
    return results;
}

}  // namespace

TEST_CASE("models trained at the same time have the bits of models trained alone") {
    const auto trained = [](std::size_t i) {
        SmallRun run({.epochs = 2, .batch_size = 16, .seed = i});
        return state_bytes(run.network);
    };
    const auto together = on_threads(3, trained);
    for (std::size_t i = 0; i < together.size(); ++i) CHECK((together[i] == trained(i)));
    CHECK((together[0] != together[1]));
}

TEST_CASE("several threads predict with one model") {
    SmallRun run({.epochs = 1, .batch_size = 16});
    run.network.eval();
    const auto logits = [&](std::size_t) {
        const NoGrad no_grad;
        const Tensor result = run.network(run.test.batch(epoch_order(50, false, 0, 0)).input);
        const auto elements = result.elements<float>();
        return std::vector<float>(elements.begin(), elements.end());
    };
    const auto alone = logits(0);
    for (const auto& result : on_threads(4, logits)) CHECK(result == alone);
}

TEST_CASE("recording is switched off for one thread") {
    const NoGrad no_grad;
    CHECK_FALSE(grad_enabled());
    for (const int enabled : on_threads(1, [](std::size_t) -> int { return grad_enabled(); }))
        CHECK(enabled == 1);
    CHECK_FALSE(grad_enabled());
}
