// The same training on the device and on the CPU.
#include <algorithm>
#include <cmath>

#include "tern/data/batches.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/recorded_steps.hpp"
#include "tern/training/evaluation.hpp"
#include "tern/training/training_step.hpp"

using namespace tern;

namespace {

constexpr std::int64_t kBatch = 64;
constexpr int kSteps = 5;

const Dataset& training_set() {
    static const Dataset set = make_synthetic({.seed = 3, .train_samples = kBatch * kSteps}, Split::train);
    return set;
}

std::unique_ptr<Module> make(const ModelInfo& info, DType precision, Device device) {
    std::unique_ptr<Module> model = make_model(info.name, {10, 1});
    model->to(compute_dtype(precision));
    model->to(device);
    model->train();
    return model;
}

DatasetSource source(const ModelInfo& info, DType precision, Device device) {
    return DatasetSource(training_set(),
                         {make_normalization(info.normalization, training_set()), precision, device});
}

std::vector<double> values(const Tensor& tensor) { return cases::to_doubles(tensor.to(Device::cpu())); }

double norm(const std::vector<double>& x) {
    double squares = 0;
    for (const double value : x) squares += value * value;
    return std::sqrt(squares);
}

// |a - b| / |b|
double distance(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> difference(a);
    for (std::size_t i = 0; i < b.size(); ++i) difference[i] -= b[i];
    return norm(difference) / norm(b);
}

struct FirstStep {
    std::vector<double> logits;
    std::vector<std::pair<std::string, std::vector<double>>> gradients;
};

FirstStep first_step(const ModelInfo& info, DType precision, Device device, const char* kernels) {
    const KernelPolicyScope policy(KernelPolicy::parse(kernels));
    const std::unique_ptr<Module> model = make(info, precision, device);
    const DatasetSource batches = source(info, precision, device);
    const Batch batch = batches.batch(epoch_order(kBatch, false, 0, 0, device));
    const Tensor logits = (*model)(batch.input);
    backward(softmax_cross_entropy(logits, batch.target));
    FirstStep result{values(logits), {}};
    for (const NamedTensor& parameter : model->parameters())
        result.gradients.emplace_back(parameter.name, values(parameter.tensor.grad()));
    return result;
}

struct Outcome {
    std::vector<double> losses;
    std::vector<std::vector<double>> state;
    Evaluation evaluation;
};

Outcome train(const ModelInfo& info, Device device, const OptimizerSettings& settings,
              DType precision = DType::float32, bool graph = false) {
    const std::unique_ptr<Module> model = make(info, precision, device);
    const DatasetSource batches = source(info, precision, device);
    const auto optimizer = make_optimizer(FlatParameters(*model), settings);
    TrainingStep step(*model, *optimizer, batches, {.loss_capacity = kSteps, .graph = graph});
    const Batches order(epoch_order(batches.size(), true, 9, 0, device), kBatch);
    for (int i = 0; i < kSteps; ++i) step.run(order[i]);
    Outcome outcome{step.take_losses(), {}, {}};
    for (const NamedTensor& tensor : model->state()) outcome.state.push_back(values(tensor.tensor));
    outcome.evaluation = evaluate(
        *model, batches, {.batch_size = 60, .confusion = true, .keep_outputs = true, .graph = graph});
    return outcome;
}

}  // namespace

// The rule for float32 frameworks: gradients are compared with float64, and may be four times as far from it
// as the CPU's. The largest distance of all tensors counts: where ReLU and max pooling choose, a value within
// rounding of the border can go the other way, which moves a gradient by whole elements. Of one tensor
// (exit.bn1.weight) the CPU's two float32 versions, ref and cpu, are 2.5e-4 and 3.7e-7 away so. Biases before
// a batch norm have a gradient of zero but for rounding.
TEST_CASE("the first step agrees with the CPU's") {
    for (const ModelInfo& info : all_models()) {
        const FirstStep exact = first_step(info, DType::float64, Device::cpu(), "ref");
        const FirstStep cpu = first_step(info, DType::float32, Device::cpu(), "auto");
        const FirstStep gpu = first_step(info, DType::float32, Device::cuda(), "auto");
        INFO(info.name);
        CHECK(distance(gpu.logits, cpu.logits) <= 1e-5);
        double furthest = 0;
        for (std::size_t i = 0; i < exact.gradients.size(); ++i) {
            const std::vector<double>& truth = exact.gradients[i].second;
            if (norm(truth) > 1e-9) furthest = std::max(furthest, distance(cpu.gradients[i].second, truth));
        }
        for (std::size_t i = 0; i < exact.gradients.size(); ++i) {
            const std::vector<double>& truth = exact.gradients[i].second;
            if (norm(truth) <= 1e-9) continue;
            INFO(exact.gradients[i].first);
            CHECK(distance(gpu.gradients[i].second, truth) <= 4 * furthest);
        }
    }
}

TEST_CASE("five steps agree with the CPU's, and give the same bits again") {
    const std::pair<OptimizerSettings, double> runs[] = {
        {{.name = "sgd", .learning_rate = 0.01, .momentum = 0.9}, 1e-3},
        {{.name = "adam", .learning_rate = 1e-3}, 5e-3}};
    for (const ModelInfo& info : all_models()) {
        for (const auto& [settings, bound] : runs) {
            INFO(info.name << ", " << settings.name);
            const Outcome gpu = train(info, Device::cuda(), settings),
                          again = train(info, Device::cuda(), settings);
            const Outcome cpu = train(info, Device::cpu(), settings);
            REQUIRE(gpu.losses.size() == kSteps);
            for (std::size_t i = 0; i < kSteps; ++i)
                CHECK(std::fabs(gpu.losses[i] - cpu.losses[i]) <= bound * cpu.losses[i]);
            CHECK(gpu.losses == again.losses);
            CHECK(gpu.state == again.state);
            CHECK(values(gpu.evaluation.outputs) == values(again.evaluation.outputs));
            CHECK(values(gpu.evaluation.confusion) == values(again.evaluation.confusion));
            CHECK(gpu.evaluation.totals.samples == training_set().size());
        }
    }
}

// Some 40 layers round activations to 16 bits, one after the other: with bfloat16's 2^-9 that is sqrt(40)
// 2^-9 = 1.2 % of a logit. Five updates each add as much of their own.
TEST_CASE("five steps in 16 bits stay near those in float32, and give the same bits again") {
    const OptimizerSettings settings{.name = "sgd", .learning_rate = 0.01, .momentum = 0.9};
    for (const ModelInfo& info : all_models()) {
        const Outcome exact = train(info, Device::cuda(), settings);
        for (const DType precision : {DType::bfloat16, DType::float16}) {
            INFO(info.name << ", " << name_of(precision));
            const Outcome half = train(info, Device::cuda(), settings, precision),
                          again = train(info, Device::cuda(), settings, precision);
            // float16 may leave a step out and lower its loss scale: from then on it is another run.
            const std::size_t compared = precision == DType::float16 ? 1 : kSteps;
            for (std::size_t i = 0; i < compared; ++i) {
                INFO("step " << i << ": " << half.losses[i] << ", in float32 " << exact.losses[i]);
                CHECK(std::fabs(half.losses[i] - exact.losses[i]) <= 0.05 * exact.losses[i]);
            }
            CHECK(half.losses == again.losses);
            CHECK(half.state == again.state);
            CHECK(values(half.evaluation.outputs) == values(again.evaluation.outputs));
        }
    }
}

TEST_CASE("as graphs, steps have the bits of steps", "[graph]") {
    for (const ModelInfo& info : all_models()) {
        for (const DType precision : {DType::float32, DType::bfloat16, DType::float16}) {
            INFO(info.name << ", " << name_of(precision));
            const OptimizerSettings settings{.name = "adam", .learning_rate = 1e-3};
            const Outcome direct = train(info, Device::cuda(), settings, precision),
                          graph = train(info, Device::cuda(), settings, precision, true);
            CHECK(graph.losses == direct.losses);
            CHECK(graph.state == direct.state);
            CHECK(values(graph.evaluation.outputs) == values(direct.evaluation.outputs));
        }
    }
}

TEST_CASE("as graphs, steps of any optimizer have the bits of steps", "[graph]") {
    for (const auto& [settings, precision] : test::kStepsToRecord) {
        INFO(settings.name << ", " << name_of(precision));
        const test::RecordedSteps direct(settings, precision, false), graph(settings, precision, true);
        CHECK(graph.losses == direct.losses);
        CHECK(graph.state == direct.state);
    }
}

TEST_CASE("a step whose float16 gradients overflow is left out on the device too") {
    const ModelInfo& info = all_models().front();
    const std::unique_ptr<Module> model = make(info, DType::float16, Device::cuda());
    const DatasetSource batches = source(info, DType::float16, Device::cuda());
    const auto optimizer = make_optimizer(FlatParameters(*model), {.name = "adam"});
    TrainingStep step(*model, *optimizer, batches);
    const Tensor scale = step.state().front().tensor;
    scale.copy_from(Tensor::full({}, 0x1p24).to(Device::cuda()));
    const auto parameters = [&] {
        std::vector<std::vector<double>> result;
        for (const NamedTensor& named : model->parameters()) result.push_back(values(named.tensor));
        for (const NamedTensor& named : optimizer->state()) result.push_back(values(named.tensor));
        return result;
    };
    const auto before = parameters();
    const Tensor samples = epoch_order(kBatch, false, 0, 0, Device::cuda());
    step.run(samples);
    CHECK(parameters() == before);
    CHECK(values(scale).front() == 0x1p23);
    for (int i = 0; i < 20 && parameters() == before; ++i) step.run(samples);
    CHECK(parameters() != before);
    CHECK(values(scale).front() >= 1024);
}
