// Optimizers against PyTorch 2.15's numbers in float64, through the flat buffers of a module.
#include "tern/training/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tern/layers/dropout_scope.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/threads_scope.hpp"
#include "tern/tests/training/small_network.hpp"

using namespace tern;

namespace {

// Four numbers in two parameters.
struct Numbers : Module {
    Numbers() {
        add_parameter("a", a);
        add_parameter("b", b);
    }
    std::string type() const override { return "Numbers"; }
    Features forward(Features input) override { return input; }

    Tensor a = Tensor::from<double>({3}, std::vector{0.5, -1.25, 2.0});
    Tensor b = Tensor::from<double>({1}, std::vector{0.1});
};

// Between two others a wide matrix, of windows, and a tall one.
struct Matrices : Module {
    Matrices() {
        add_parameter("first", first);
        add_parameter("wide", wide);
        add_parameter("tall", tall);
        add_parameter("last", last);
    }
    std::string type() const override { return "Matrices"; }
    Features forward(Features input) override { return input; }

    Tensor first = Tensor::zeros({3, 3}), wide = Tensor::zeros({96, 32, 3, 3}),
           tall = Tensor::zeros({200, 64}), last = Tensor::zeros({3, 3});
};

// Three steps with the gradients (0.3, -0.02, 1.5, 0) s + (0, 0.01, -2, 1e-9), s = 1, 2, 3.
std::vector<double> after_three_steps(const OptimizerSettings& settings) {
    Numbers numbers;
    const auto optimizer = make_optimizer(FlatParameters(numbers), settings);
    for (int s = 1; s <= 3; ++s) {
        optimizer->zero_grad();
        const double gradients[] = {0.3 * s, -0.02 * s + 0.01, 1.5 * s - 2.0, 1e-9};
        for (int i = 0; i < 3; ++i) numbers.a.grad().data<double>()[i] = gradients[i];
        numbers.b.grad().data<double>()[0] = gradients[3];
        optimizer->step();
    }
    const std::span<double> a = numbers.a.elements<double>();
    return {a[0], a[1], a[2], numbers.b.item()};
}

void check(const OptimizerSettings& settings, const std::vector<double>& expected) {
    const std::vector<double> got = after_three_steps(settings);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        INFO(settings.name << ", number " << i << ": " << got[i] << ", PyTorch " << expected[i]);
        // A few roundings in each of three steps.
        if (!(std::fabs(got[i] - expected[i]) <= 20 * 0x1p-52 * std::fabs(expected[i])))
            FAIL_CHECK("too far");
    }
}

}  // namespace

TEST_CASE("Adam") {
    check({.name = "adam", .learning_rate = 0.01},
          {0.47076816818536116, -1.2216317309476514, 1.9993520767314961, 0.097272727272727261});
    check({.name = "adam",
           .learning_rate = 0.01,
           .beta1 = 0.8,
           .beta2 = 0.95,
           .epsilon = 1e-4,
           .weight_decay = 0.1},
          {0.47031589893444026, -1.2198975763983484, 1.9958454530578766, 0.070532594148064315});
}

TEST_CASE("AdamW") {
    check({.name = "adamw",
           .learning_rate = 0.01,
           .beta1 = 0.8,
           .beta2 = 0.95,
           .epsilon = 1e-4,
           .weight_decay = 0.1},
          {0.46897634537117633, -1.2176231246450961, 1.9922352874130242, 0.09970000020289696});
}

TEST_CASE("gradient descent") {
    check({.name = "sgd", .learning_rate = 0.01}, {0.48199999999999998, -1.2491, 1.97, 0.09999999997});
    check({.name = "sgd", .learning_rate = 0.01, .momentum = 0.9, .weight_decay = 0.1},
          {0.4686847965, -1.2416531786500002, 1.9583306030000001, 0.099439479843947992});
    Numbers numbers;
    Sgd nesterov(FlatParameters(numbers), 0.01, {.momentum = 0.9, .nesterov = true});
    numbers.a.grad().data<double>()[0] = 1;
    nesterov.step();
    CHECK(numbers.a.data<double>()[0] == Approx(0.5 - 0.01 * 1.9).epsilon(1e-15));
}

TEST_CASE("a learning rate holds from the next step on") {
    Numbers numbers;
    const auto optimizer = make_optimizer(FlatParameters(numbers), {.name = "sgd", .learning_rate = 0.5});
    numbers.b.grad().data<double>()[0] = 1;
    optimizer->step();
    CHECK(numbers.b.item() == Approx(-0.4).epsilon(1e-15));
    optimizer->set_learning_rate(0.25);
    CHECK(optimizer->learning_rate() == 0.25);
    optimizer->step();
    CHECK(numbers.b.item() == Approx(-0.65).epsilon(1e-15));
}

TEST_CASE("a learning rate that leads nowhere is refused") {
    Numbers numbers;
    const auto make = [&](double rate) {
        return make_optimizer(FlatParameters(numbers), {.name = "sgd", .learning_rate = rate});
    };
    const auto optimizer = make(0);
    for (const double rate :
         {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        const auto refused =
            Catch::StartsWith("[optimizer] the learning rate must be a finite number of at least 0, got ");
        CHECK_THROWS_WITH(make(rate), refused);
        CHECK_THROWS_WITH(optimizer->set_learning_rate(rate), refused);
    }
    CHECK(optimizer->learning_rate() == 0);
}

TEST_CASE("a step of an optimizer is the next one of dropout") {
    Numbers numbers;
    const auto optimizer = make_optimizer(FlatParameters(numbers), {});
    optimizer->step();  // no scope to move on
    const DropoutScope outer(3);
    {
        const DropoutScope inner(7);
        optimizer->step();
        CHECK(inner.step() == 8);
        inner.start_piece(5);
        optimizer->step();
        CHECK(inner.step() == 9);
        CHECK(inner.first_element(Tensor::zeros({2, 3})) == 0);
    }
    CHECK(outer.step() == 3);
}

TEST_CASE("an optimizer's state has names, one entry per number and counts steps") {
    Numbers numbers;
    const auto adam = make_optimizer(FlatParameters(numbers), {});
    adam->step();
    const NamedTensors state = adam->state();
    REQUIRE(state.size() == 3);
    CHECK(state[0].name == "moment1");
    CHECK(state[2].name == "step");
    CHECK(state[2].tensor.item() == 1);
    Numbers others;
    CHECK(make_optimizer(FlatParameters(others), {.name = "sgd"})->state().empty());
}

TEST_CASE("a factor of 0 leaves weights and state as they are, whatever the gradients") {
    for (const char* name : {"adam", "adamw", "muon", "rmsprop", "sgd"}) {
        INFO(name);
        test::SmallNetwork network(4, DType::float32, false, true);
        const auto optimizer =
            make_optimizer(FlatParameters(network),
                           {.name = name, .learning_rate = 0.01, .momentum = 0.9, .weight_decay = 0.1});
        const Tensor& gradients = optimizer->gradients();
        const auto bytes = [&] {
            std::vector<std::byte> all = test::state_bytes(network);
            for (const auto& [key, tensor] : optimizer->state())
                all.insert(all.end(), tensor.raw_data(), tensor.raw_data() + tensor.bytes());
            return all;
        };
        std::ranges::fill(gradients.elements<float>(), 0.25f);
        optimizer->step(Tensor::full({}, 0.5));
        const auto before = bytes();
        std::ranges::fill(gradients.elements<float>(), std::numeric_limits<float>::infinity());
        optimizer->step(Tensor::full({}, 0));
        CHECK((bytes() == before));
        std::ranges::fill(gradients.elements<float>(), 0.25f);
        optimizer->step(Tensor::full({}, 0.5));
        CHECK((bytes() != before));
    }
}

TEST_CASE("Muon gives the same bits for any number of threads") {
    const auto after_two_steps = [](int threads) {
        const test::ThreadsScope scope(threads);
        Matrices matrices;
        const auto muon = make_optimizer(FlatParameters(matrices),
                                         {.name = "muon", .learning_rate = 0.02, .momentum = 0.95});
        for (int step = 1; step <= 2; ++step) {
            const std::span<float> gradients = muon->gradients().elements<float>();
            for (std::size_t i = 0; i < gradients.size(); ++i)
                gradients[i] = std::sin(static_cast<float>(i) * static_cast<float>(step));
            muon->step();
        }
        return test::state_bytes(matrices);
    };
    const auto one = after_two_steps(1);
    for (const int threads : {2, 4}) CHECK((after_two_steps(threads) == one));
}

TEST_CASE("names of optimizers and what they take are checked") {
    Numbers numbers;
    CHECK_THROWS_WITH(make_optimizer(FlatParameters(numbers), {.name = "lion"}),
                      "[optimizer] \"lion\" is none of adam, adamw, muon, rmsprop, sgd");
    CHECK_THROWS_WITH(make_optimizer(FlatParameters(numbers), {.decay = "biases"}),
                      "[optimizer] the weight decay is of all or weights, got biases");
    CHECK_THROWS_WITH(make_optimizer(FlatParameters(numbers), {.name = "muon", .momentum = 0.9}),
                      "[muon] the model has no weights that are matrices between its first and its last");
    test::SmallNetwork network(4, DType::float32, false, true);
    const auto muon = [&](const OptimizerSettings& settings) {
        make_optimizer(FlatParameters(network), settings);
    };
    CHECK_THROWS_WITH(muon({.name = "muon"}), "[muon] the momentum must be in (0, 1), got 0");
    CHECK_THROWS_WITH(muon({.name = "muon", .learning_rate = 0, .momentum = 0.9}),
                      "[muon] the learning rate must be above 0, got 0");
    CHECK_THROWS_WITH(muon({.name = "muon", .momentum = 0.9, .epsilon = 0}),
                      "[muon] epsilon must be above 0, got 0");
}
