// What is frozen stays as it is, bit for bit, while the rest learns.
#include <algorithm>

#include "tern/kernels/epoch_order/epoch_order.hpp"
#include "tern/layers/evaluation_scope.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/small_network.hpp"

using namespace tern;

namespace {

// A stem, a body and a head; the body has all that training changes.
struct Parts : Module {
    Parts() {
        stem.append<Conv2d>(3, 8, {.kernel = 5, .stride = 4, .padding = kSame});
        body.append<BatchNorm2d>(8, BatchNorm2dOptions{.activation = Activation::relu});
        body.append<SeparableConv2d>(8, 8, {.kernel = 3, .padding = kSame});
        body.append<BatchNorm2d>(8);
        body.append<Dropout>(0.5);
        initialize(Initialization::glorot_uniform, 1);
    }
    std::string type() const override { return "Parts"; }
    Sequential &stem = add_child<Sequential>("stem"), &body = add_child<Sequential>("body");
    GlobalAveragePool& average = add_child<GlobalAveragePool>("average");
    Linear& head = add_child<Linear>("head", 8, 4);

  protected:
    Features forward(Features x) override { return head(average(body(stem(std::move(x))))); }
};

void train(Parts& net, const OptimizerSettings& settings, std::int64_t epochs) {
    const DatasetSource samples = test::small_source(Split::train), tests = test::small_source(Split::test);
    const auto optimizer = make_optimizer(FlatParameters(net), settings);
    TrainingCallbacks callbacks;
    callbacks.save = [](const TrainingPosition&, const NamedTensors&) {};  // takes statistics, too
    Trainer({.model = net,
             .optimizer = *optimizer,
             .train = samples,
             .test = &tests,
             .plan = {.epochs = epochs, .batch_size = 50, .statistics_samples = 100},
             .callbacks = callbacks})
        .run();
}

}  // namespace

TEST_CASE("a frozen body keeps its bits while the rest learns") {
    const OptimizerSettings settings = GENERATE(
        OptimizerSettings{.name = "adamw", .learning_rate = 0.01, .weight_decay = 0.1},
        OptimizerSettings{.name = "sgd", .learning_rate = 0.01, .momentum = 0.9, .weight_decay = 0.1});
    Parts net;
    net.body.freeze();
    net.eval();  // the trainer starts training mode
    const auto body = test::state_bytes(net.body), stem = test::state_bytes(net.stem),
               head = test::state_bytes(net.head);
    train(net, settings, 2);
    CHECK(net.training());
    CHECK(test::state_bytes(net.body) == body);
    CHECK(test::state_bytes(net.stem) != stem);
    CHECK(test::state_bytes(net.head) != head);
    for (const auto& [name, tensor] : net.body.parameters()) CHECK_FALSE(tensor.grad().defined());

    net.body.freeze(false);
    train(net, settings, 1);
    CHECK(test::state_bytes(net.body) != body);
}

TEST_CASE("a frozen module computes as in evaluation, through every change of mode") {
    Parts net;
    net.body.freeze();
    const Tensor images = test::small_source(Split::test).batch(epoch_order(8, false, 0, 0)).input;
    const auto frozen = [&] {
        bool all = true;
        net.body.visit([&](const std::string&, Module& module) { all = all && !module.training(); });
        return all;
    };
    net.train();
    CHECK(frozen());
    const Tensor output = net(images);
    {
        const EvaluationScope evaluation(net);
        CHECK(frozen());
        const Tensor evaluated = net(images);
        CHECK(std::ranges::equal(evaluated.elements<float>(), output.elements<float>()));
    }
    CHECK(frozen());
    CHECK(net.training());
    net.to(DType::float64);
    for (const auto& [name, tensor] : net.body.parameters()) CHECK_FALSE(tensor.requires_grad());
    for (const auto& [name, tensor] : net.head.parameters()) CHECK(tensor.requires_grad());
    net.body.freeze(false);
    net.body.visit([](const std::string&, Module& module) { CHECK(module.training()); });
    for (const auto& [name, tensor] : net.parameters()) CHECK(tensor.requires_grad());
}

TEST_CASE("freezing comes before the places for gradients") {
    Parts net;
    net.freeze();
    CHECK_THROWS_WITH(FlatParameters(net), "[FlatParameters] all parameters of Parts are frozen");
    net.freeze(false);
    const FlatParameters flat(net);
    CHECK_THROWS_WITH(
        net.body.freeze(),
        "[Module] freeze() must come before gradients and flat buffers, but 0.weight has a gradient");
    CHECK(net.body.training());
}
