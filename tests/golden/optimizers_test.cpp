// Ten steps of optimizers, clipped gradients and averaged weights against PyTorch in float64, Muon against numpy.
#include <cmath>
#include <map>

#include "tern/tests/catch.hpp"
#include "tern/tests/golden/golden_file.hpp"
#include "tern/tests/golden/hashed.hpp"
#include "tern/training/gradient_clip.hpp"
#include "tern/training/optimizer.hpp"
#include "tern/training/weight_average.hpp"

using namespace tern;
using test::Json;

namespace {

constexpr int kSteps = 10;

// Weights as a small network has them: of the first and the last layer, depthwise, matrices, and what is no matrix.
struct Weights : Module {
    Weights() {
        for (auto& [name, tensor] : tensors) {
            const test::Hashed hashed("optimizers/" + name);
            for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.data<double>()[i] = hashed.value(i, 0.5);
            std::string dotless = name;
            dotless[name.find('.')] = '_';
            add_parameter(dotless, tensor);
        }
    }
    std::string type() const override { return "Weights"; }
    Features forward(Features input) override { return input; }

    void set_gradients(int step) {
        for (auto& [name, tensor] : tensors) {
            const test::Hashed hashed(to_text("optimizers/", name, "/gradient/", step));
            const Tensor gradient = tensor.grad();
            for (std::int64_t i = 0; i < gradient.numel(); ++i) gradient.data<double>()[i] = hashed.value(i);
        }
    }

    static Tensor zeros(const Shape& shape) { return Tensor::zeros(shape, DType::float64); }
    std::vector<std::pair<std::string, Tensor>> tensors{{"stem.weight", zeros({4, 2, 2, 2})},
                                                        {"stem.bias", zeros({4})},
                                                        {"depthwise.weight", zeros({4, 1, 2, 2})},
                                                        {"pointwise.weight", zeros({6, 4, 1, 1})},
                                                        {"conv.weight", zeros({3, 6, 2, 2})},
                                                        {"hidden.weight", zeros({5, 3})},
                                                        {"norm.weight", zeros({5})},
                                                        {"head.weight", zeros({2, 5})},
                                                        {"head.bias", zeros({2})}};
};

struct Recipe {
    OptimizerSettings optimizer;
    double clip_norm = 0, average_decay = 0;
};

const std::map<std::string, Recipe> kRecipes{
    {"sgd", {{.name = "sgd", .learning_rate = 0.05, .weight_decay = 0.1}}},
    {"sgd, momentum, decay of weights",
     {{.name = "sgd", .learning_rate = 0.05, .momentum = 0.9, .weight_decay = 0.1, .decay = "weights"}}},
    {"sgd, nesterov",
     {{.name = "sgd", .learning_rate = 0.05, .momentum = 0.9, .nesterov = true, .weight_decay = 0.1}}},
    {"adam", {{.name = "adam", .learning_rate = 0.01, .weight_decay = 0.1}}},
    {"adam, decay of weights",
     {{.name = "adam",
       .learning_rate = 0.01,
       .beta1 = 0.8,
       .beta2 = 0.95,
       .epsilon = 1e-4,
       .weight_decay = 0.1,
       .decay = "weights"}}},
    {"adamw", {{.name = "adamw", .learning_rate = 0.01, .weight_decay = 0.1}}},
    {"adamw, decay of weights",
     {{.name = "adamw", .learning_rate = 0.01, .weight_decay = 0.1, .decay = "weights"}}},
    {"rmsprop", {{.name = "rmsprop", .learning_rate = 0.01, .weight_decay = 0.1}}},
    {"rmsprop, momentum, decay of weights",
     {{.name = "rmsprop",
       .learning_rate = 0.01,
       .momentum = 0.8,
       .alpha = 0.9,
       .epsilon = 1e-4,
       .weight_decay = 0.1,
       .decay = "weights"}}},
    {"sgd, clipped", {{.name = "sgd", .learning_rate = 0.1}, 0.5}},
    {"sgd, below the limit", {{.name = "sgd", .learning_rate = 0.1}, 100}},
    {"sgd, averaged", {{.name = "sgd", .learning_rate = 0.05}, 0, 0.5}},
    {"sgd, averaged in a warm-up", {{.name = "sgd", .learning_rate = 0.05}, 0, 0.999}},
    {"muon",
     {{.name = "muon",
       .learning_rate = 0.02,
       .momentum = 0.95,
       .weight_decay = 0.1,
       .decay = "weights",
       .auxiliary_rate = 0.003}}},
};

// At most 16 roundings a step of numbers below 4 (rmsprop's buffer): 10 of 16 times 4 times 2^-53.
constexpr double kRoundings = kSteps * 16 * 4 * 0x1p-53;

double bound_of(const std::string& name) {
    // The factor is float32: of gradients that it makes 0.5 long at most, times the rate.
    if (name == "sgd, clipped") return kRoundings + kSteps * 0.1 * 0.5 * 0x1p-24;
    // A turn of Newton and Schulz makes an error in x at most 3.4445 times as large where x is small, and sums at most 24
    // products a few times: 128 roundings, all from the start on. Rate 0.02, rows / columns at most 5 / 3.
    if (name == "muon") return kRoundings + kSteps * 0.02 * 1.3 * std::pow(3.4445, 5) * 128 * 0x1p-53;
    return kRoundings;
}

void run(Weights& weights, const Recipe& recipe) {
    const auto optimizer = make_optimizer(FlatParameters(weights), recipe.optimizer);
    std::optional<WeightAverage> average;
    if (recipe.average_decay > 0) {
        average.emplace(weights, optimizer->parameters(), recipe.average_decay, true);
        average->start();
    }
    for (int step = 0; step < kSteps; ++step) {
        if (average) average->hold_trained();
        weights.set_gradients(step);
        optimizer->step(recipe.clip_norm > 0 ? clip_factor(optimizer->gradients(), recipe.clip_norm)
                                             : Tensor());
        if (average) average->update(step + 1);
    }
    if (average) average->hold_average();
}

}  // namespace

TEST_CASE("ten steps of optimizers are PyTorch's") {
    const Json golden = test::read_golden("optimizers");
    REQUIRE(golden["cases"].size() == kRecipes.size());
    for (const auto& [name, recipe] : kRecipes) {
        Weights weights;
        run(weights, recipe);
        for (const auto& [parameter, tensor] : weights.tensors) {
            const auto expected = golden["cases"][name][parameter].get<std::vector<double>>();
            REQUIRE(static_cast<std::int64_t>(expected.size()) == tensor.numel());
            for (std::size_t i = 0; i < expected.size(); ++i) {
                const double got = tensor.data<double>()[i];
                INFO(name << ", " << parameter << ", number " << i << ": " << got << ", expected "
                          << expected[i]);
                if (!(std::fabs(got - expected[i]) <= bound_of(name)))
                    FAIL_CHECK("too far: " << std::fabs(got - expected[i]) / bound_of(name));
            }
        }
    }
}
