// tern/tern.hpp alone, as a program outside the tree has it.
#include <type_traits>

#include "tern/tern.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

// The operation, whatever the type of the axis: text is put together under another name.
static_assert(std::is_same_v<decltype(concat(Tensors{}, std::int64_t{0})), Tensor>);
static_assert(std::is_same_v<decltype(concat(Tensors{}, 0)), Tensor>);
static_assert(std::is_same_v<decltype(concat({Tensor(), Tensor()}, std::size_t{0})), Tensor>);

TEST_CASE("tensors are joined along an axis of any integer type") {
    const Tensor pair = concat({Tensor::zeros({2, 3}), Tensor::zeros({2, 1})}, std::int64_t{1});
    CHECK(pair.shape() == Shape{2, 4});
}

TEST_CASE("one include is enough to train, evaluate and keep a network") {
    const SyntheticOptions options{.seed = 1, .train_samples = 60, .test_samples = 20, .classes = 4};
    const auto source = [&](Split split) {
        return DatasetSource(make_synthetic(options, split), {fixed_normalization("unit", 3)});
    };
    const DatasetSource train = source(Split::train), tests = source(Split::test);

    Sequential network;
    network.append<Conv2d>(3, 8, {.kernel = 5, .stride = 4, .padding = kSame});
    network.append<BatchNorm2d>(8, BatchNorm2dOptions{.activation = Activation::relu});
    network.append<GlobalAveragePool>();
    network.append<Linear>(8, 4);
    network.initialize(Initialization::pytorch, 0);

    const auto optimizer = make_optimizer(FlatParameters(network), {.learning_rate = 0.01});
    Trainer trainer({.model = network,
                     .optimizer = *optimizer,
                     .train = train,
                     .test = &tests,
                     .plan = {.epochs = 2, .batch_size = 10}});
    const LogLine line = trainer.run().value();
    CHECK(line.epoch == 2);
    CHECK(line.test->loss == evaluate(network, tests, {.batch_size = 10}).totals.loss);
}
