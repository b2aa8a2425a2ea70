// What exchanges are said to cost.
#include "tern/distributed/metered_communicator.hpp"

#include <chrono>
#include <thread>

#include "tern/distributed/thread_communicators.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("a metered communicator counts bytes, and tells waiting from what is under way") {
    auto communicators = make_thread_communicators(2, 30);
    MeteredCommunicator metered(std::move(communicators[0]));
    const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(50)); };
    std::jthread other([&] {
        const std::unique_ptr<Communicator> own = std::move(communicators[1]);
        own->all_to_all(Tensor::zeros({2, 3}), Tensor::zeros({2, 3}), "gradients")->wait();
        pause();
        own->all_gather(Tensor::zeros({4}), Tensor::zeros({2, 4}), "sums")->wait();
    });
    {
        const std::unique_ptr<Work> work =
            metered.all_to_all(Tensor::zeros({2, 3}), Tensor::zeros({2, 3}), "gradients");
        pause();  // a computation
        work->wait();
    }
    metered.all_gather(Tensor::zeros({4}), Tensor::zeros({2, 4}), "sums")->wait();
    other.join();

    const std::vector<ExchangeCost>& costs = metered.costs();
    REQUIRE(costs.size() == 2);
    CHECK(costs[0].what == "gradients");
    CHECK(costs[0].operations == 1);
    CHECK(costs[0].bytes == 12);  // one of two slices of three float32
    CHECK(costs[0].under_way >= 0.05);
    CHECK(costs[0].waited <= costs[0].under_way - 0.05);
    CHECK(costs[1].what == "sums");
    CHECK(costs[1].bytes == 16);
    CHECK(costs[1].waited <= costs[1].under_way);
}
