// The communicator of a program that trains alone.
#include "tern/core/communicator.hpp"

#include <algorithm>

#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("one rank of one keeps what it has") {
    const std::unique_ptr<Communicator> alone = make_single_communicator();
    CHECK(alone->rank() == 0);
    CHECK(alone->size() == 1);
    CHECK(alone->device() == Device::cpu());
    const std::vector<float> numbers{1, 2, 3};
    const Tensor tensor = Tensor::from({3}, numbers);
    alone->broadcast(tensor, 0, "numbers")->wait();
    alone->barrier("the end")->wait();
    CHECK(std::ranges::equal(tensor.elements<float>(), numbers));
    const Tensor gathered = Tensor::zeros({1, 3}), received = Tensor::zeros({1, 3});
    alone->all_gather(tensor, gathered, "numbers")->wait();
    CHECK(std::ranges::equal(gathered.elements<float>(), numbers));
    alone->all_to_all(gathered, received, "numbers")->wait();
    CHECK(std::ranges::equal(received.elements<float>(), numbers));
}

TEST_CASE("what does not fit one rank is refused") {
    const std::unique_ptr<Communicator> alone = make_single_communicator();
    const Tensor tensor = Tensor::zeros({3});
    CHECK_THROWS_WITH((void)alone->broadcast(tensor, 1, "numbers"), "[broadcast] root 1 of 1 rank");
    CHECK_THROWS_WITH((void)alone->all_gather(tensor, Tensor::zeros({2, 3}), "numbers"),
                      "[all_gather] result float32 (2,3) on cpu for 1 rank of float32 (3) on cpu");
    CHECK_THROWS_WITH((void)alone->all_to_all(tensor, tensor, "numbers"),
                      "[all_to_all] result float32 (3) on cpu for 1 rank of float32 (3) on cpu");
}
