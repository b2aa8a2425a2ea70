// One forward and backward pass of each model.
#include <cmath>
#include <map>
#include <set>

#include "tern/core/autograd.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/layers/trained.hpp"
#include "tern/tests/threads_scope.hpp"

using namespace tern;

namespace {

double train_step(Module& model) {
    const Tensor images = cases::make_tensor({{3, 32, 32, 3}, 0, 1}, DType::float32, 12);
    const Tensor labels = Tensor::from({3}, std::vector<std::int32_t>{0, 9, 4});
    const Tensor loss = softmax_cross_entropy(model(images), labels);
    backward(loss);
    return loss.item();
}

double norm(const Tensor& tensor) {
    double squares = 0;
    for (const double value : cases::to_doubles(tensor)) squares += value * value;
    return std::sqrt(squares);
}

// The biases right before a batch norm. The mean takes such a bias away: its gradient is zero but for rounding.
std::set<std::string> biases_before_norm(Module& model) {
    std::map<const Module*, std::string> names;
    model.visit([&](const std::string& name, Module& module) { names.emplace(&module, name); });
    std::vector<std::pair<Tensor, std::string>> made;  // kept, so that no two are ever in the same place
    std::set<std::string> biases, present;
    {
        const ForwardObserver observer([&](const Module& module, const Tensor& input, const Tensor& output) {
            if (dynamic_cast<const BatchNorm2d*>(&module) != nullptr) {
                for (const auto& [tensor, name] : made)
                    if (tensor.raw_data() == input.raw_data()) biases.insert(name + ".bias");
            } else if (!module.has_children()) {
                made.emplace_back(output, names.at(&module));
            }
        });
        const NoGrad no_grad;
        model(Tensor::zeros({2, 32, 32, 3}));
    }
    for (const NamedTensor& parameter : model.parameters())
        if (biases.contains(parameter.name)) present.insert(parameter.name);
    return present;
}

// No activation and no padding stand between these and the next batch norm, which takes them away as well.
bool is_bias_of_bottleneck(std::string_view model, std::string_view parameter) {
    return model == "mobilenet_v2" &&
           (parameter.ends_with(".bn3.bias") || parameter.ends_with(".shortcut.1.bias"));
}

struct Outcome {
    double loss;
    std::vector<std::vector<double>> tensors;  // gradients and running statistics
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome outcome(std::string_view name, int threads) {
    const test::ThreadsScope scope(threads);
    const auto model = make_model(name, {.seed = 8});
    Outcome result{train_step(*model), {}};
    for (const NamedTensor& parameter : model->parameters()) {
        result.tensors.push_back(cases::to_doubles(parameter.tensor.grad()));
    }
    for (const NamedTensor& buffer : model->buffers()) {
        result.tensors.push_back(cases::to_doubles(buffer.tensor));
    }
    return result;
}

}  // namespace

TEST_CASE("biases before a batch norm are found") {
    CHECK(biases_before_norm(*make_model("mini_xception")).size() == 12);
    CHECK(biases_before_norm(*make_model("mini_xception_dense")).size() == 8);
    for (const char* without : {"resnet20", "wrn_16_1", "mobilenet_v2", "lenet5", "tiniest"})
        CHECK(biases_before_norm(*make_model(without)).empty());
}

TEST_CASE("a gradient reaches every parameter") {
    for (const ModelInfo& info : all_models()) {
        const auto model = make_model(info.name, {.seed = 8});
        // With biases of zero a batch norm takes away what the ones before it multiply.
        test::pretend_trained(*model, 8);
        const double loss = train_step(*model);
        CHECK(std::isfinite(loss));
        const std::set<std::string> before_norm = biases_before_norm(*model);
        for (const NamedTensor& parameter : model->parameters()) {
            CAPTURE(info.name, parameter.name);
            REQUIRE(parameter.tensor.grad().defined());
            const double size = norm(parameter.tensor.grad());
            if (before_norm.contains(parameter.name) || is_bias_of_bottleneck(info.name, parameter.name))
                CHECK(size < 1e-4);
            else
                CHECK(size > 1e-4);
        }
    }
}

TEST_CASE("threads change no bit of a training step") {
    for (const ModelInfo& info : all_models()) {
        const Outcome one = outcome(info.name, 1);
        CHECK(outcome(info.name, 1) == one);
        CHECK(outcome(info.name, 2) == one);
        CHECK(outcome(info.name, 4) == one);
    }
}
