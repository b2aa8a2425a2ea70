// Whole runs on the device that the host takes the place of: everything that a run asks of a GPU is there.
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/layers/dropout_scope.hpp"
#include "tern/layers/ensemble.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/step_on_host/on_host.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/tests/training/small_network.hpp"
#include "tern/training/precise_statistics.hpp"
#include "tern/training/predictor.hpp"
#include "tern/training/teacher.hpp"

using namespace tern;

namespace {

struct Run {
    const char* name;
    TrainingPlan plan = {};
    OptimizerSettings optimizer = {.learning_rate = 0.01};
    ScheduleSettings schedule = {};
    DType precision = DType::float32;
    ExchangeOptions exchange = {};
    PrepareImagesParams augmentation = {};
    bool dropout = true, taught = false;
    int workers = 0;
};

// Two epochs of batches of 8, 8 and 4 images.
TrainingPlan plan(const std::function<void(TrainingPlan&)>& change = {}) {
    TrainingPlan plan{.epochs = 2, .batch_size = 8, .seed = 3, .statistics_samples = 8};
    if (change) change(plan);
    return plan;
}

struct Outcome {
    std::vector<double> losses, test_losses, accuracies;
};

Outcome train(const Run& run, Device device) {
    const SyntheticOptions images{.seed = 1, .train_samples = 20, .test_samples = 10, .classes = 4};
    const auto source = [&](Split split, const PrepareImagesParams& augmentation) {
        return DatasetSource(make_synthetic(images, split), {.normalization = fixed_normalization("unit", 3),
                                                             .precision = run.precision,
                                                             .device = device,
                                                             .augmentation = augmentation});
    };
    test::SmallNetwork network(4, run.precision, run.dropout, true);
    network.to(device);
    std::unique_ptr<Teacher> teacher;
    if (run.taught) {
        auto model = std::make_unique<test::SmallNetwork>(4, run.precision);
        model->to(device);
        teacher = std::make_unique<Teacher>(std::move(model));
    }
    const DatasetSource train = source(Split::train, run.augmentation), held_out = source(Split::test, {});
    const auto optimizer = make_optimizer(FlatParameters(network), run.optimizer);
    ScheduleSettings settings = run.schedule;
    settings.learning_rate = run.optimizer.learning_rate;
    const auto schedule = make_schedule(settings, RunLength(run.plan, train.size()));
    const auto communicator = make_single_communicator(device);
    Outcome outcome;
    TrainingCallbacks callbacks;
    callbacks.after_loss = [&](const StepLoss& loss) { outcome.losses.push_back(loss.loss); };
    callbacks.after_log_line = [&](const LogLine& line) {
        outcome.test_losses.push_back(line.test->loss);
        outcome.accuracies.push_back(line.test->metric("accuracy"));
    };
    Trainer({.model = network,
             .optimizer = *optimizer,
             .train = train,
             .test = &held_out,
             .schedule = schedule.get(),
             .teacher = teacher.get(),
             .plan = run.plan,
             .callbacks = callbacks,
             .communicator = communicator.get(),
             .exchange = run.exchange,
             .workers = run.workers})
        .run();
    return outcome;
}

std::vector<Run> runs() {
    using Plan = TrainingPlan;
    return {
        {"plain", plan()},
        {"averaged, clipped, cosine",
         plan([](Plan& p) {
             p.average_decay = 0.9;
             p.clip_norm = 0.5;
         }),
         {.name = "adamw", .learning_rate = 0.01, .weight_decay = 0.1, .decay = "weights"},
         {.name = "cosine", .warmup = 0.5}},
        {"averaged statistics, Muon, milestones",
         plan([](Plan& p) {
             p.average_decay = 0.9;
             p.statistics_samples = 0;
         }),
         {.name = "muon", .learning_rate = 0.02, .momentum = 0.95},
         {.name = "step", .milestones = {1}}},
        {"RMSprop, plateau",
         plan(),
         {.name = "rmsprop", .learning_rate = 0.003, .momentum = 0.5},
         {.name = "plateau", .factor = 0.5, .patience = 0}},
        {"four replicas", plan([](Plan& p) { p.replicas = 4; }), {.name = "sgd", .learning_rate = 0.05}},
        {"replicas that train apart", plan([](Plan& p) {
             p.replicas = 2;
             p.local = {.steps = 2, .outer_rate = 0.7, .outer_momentum = 0.5};
         })},
        {"gradients of 8 bits",
         plan([](Plan& p) { p.replicas = 2; }),
         {.name = "sgd", .learning_rate = 0.05},
         {},
         DType::float32,
         {.type = ExchangeType::int8}},
        {"the largest gradients",
         plan([](Plan& p) { p.replicas = 2; }),
         {.name = "sgd", .learning_rate = 0.05},
         {},
         DType::float32,
         {.type = ExchangeType::top_k, .share = 0.1}},
        {"growing batches", plan([](Plan& p) {
             p.batch_growth = {{2, 2}};
         })},
        {"mixed images, made ahead, a teacher",
         plan(),
         {.name = "sgd", .learning_rate = 0.05},
         {},
         DType::float32,
         {},
         {.crop_padding = 4, .flip = true, .seed = 5, .cutout = 8, .mixup = 0.5, .cutmix = 1},
         true,
         true,
         1},
        {"bfloat16", plan(), {.name = "sgd", .learning_rate = 0.05}, {}, DType::bfloat16},
        {"float16", plan(), {.name = "sgd", .learning_rate = 0.05}, {}, DType::float16},
        {"graphs",
         plan([](Plan& p) {
             p.batch_size = 4;
             p.graph = true;
         }),
         {.learning_rate = 0.01},
         {},
         DType::float32,
         {},
         {},
         false},
    };
}

}  // namespace

TEST_CASE("runs of every kind train on the device as they do on the CPU") {
    for (Run run : runs()) {
        INFO(run.name);
        Outcome device;
        {
            const KernelPolicyScope policy(KernelPolicy::parse("cuda"));
            const RunHook hook = test::on_host();
            REQUIRE_NOTHROW(device = train(run, Device::cuda()));
        }
        run.plan.graph = false;
        const Outcome cpu = train(run, Device::cpu());
        REQUIRE(device.losses.size() == cpu.losses.size());
        REQUIRE(device.test_losses.size() == 2);
        // As tests/device/training_test.cpp, for the steps of one epoch; what rounds to 8 bits, or takes the largest,
        // turns on the last bit of a number.
        const double bound = run.precision == DType::float32 ? 5e-3 : 0.05;
        const bool turns = run.exchange.type != ExchangeType::float32;
        for (std::size_t i = 0; i < cpu.losses.size(); ++i) {
            INFO("step " << i << ": " << device.losses[i] << " and " << cpu.losses[i]);
            CHECK(std::isfinite(device.losses[i]));
            if (i < 3 && !turns) CHECK(std::fabs(device.losses[i] - cpu.losses[i]) <= bound * cpu.losses[i]);
        }
        for (const double loss : device.test_losses) CHECK(std::isfinite(loss));
    }
}

TEST_CASE("every model runs forward and backward on the device") {
    for (const ModelInfo& info : all_models()) {
        INFO(info.name);
        const bool has_layers_of_pixels =
            info.name == std::string_view("lenet5") || info.name == std::string_view("mlp");
        const std::int64_t size = has_layers_of_pixels ? 32 : 8;
        // The loss, and the norm of each gradient.
        const auto run = [&](Device device, const char* kernels, bool training) {
            const KernelPolicyScope policy(KernelPolicy::parse(kernels));
            const RunHook hook = test::on_host();
            const auto model = make_model(info.name, {.seed = 1});
            model->to(device);
            model->train(training);
            const DropoutScope dropout;
            const Tensor images = cases::make_tensor({{2, size, size, 3}}, DType::float32, 1).to(device);
            const Tensor labels = Tensor::from({2}, std::vector<std::int32_t>{3, 8}).to(device);
            const Tensor loss = softmax_cross_entropy((*model)(images), labels);
            backward(loss);
            std::vector<double> found{loss.to(Device::cpu()).item()};
            for (const NamedTensor& parameter : model->parameters()) {
                double squares = 0;
                for (const double value : cases::to_doubles(parameter.tensor.grad().to(Device::cpu())))
                    squares += value * value;
                found.push_back(std::sqrt(squares));
            }
            return found;
        };
        const std::vector<double> device = run(Device::cuda(), "cuda", false),
                                  cpu = run(Device::cpu(), "ref", false);
        REQUIRE(device.size() == cpu.size());
        const double largest = *std::ranges::max_element(cpu);
        for (std::size_t i = 0; i < cpu.size(); ++i) {
            INFO("number " << i << ": " << device[i] << " and " << cpu[i]);
            CHECK(std::fabs(device[i] - cpu[i]) <= 1e-3 * largest);
        }
        // Batch norms of two numbers, as there are at the end, tell little of the values: that all is there is what counts.
        for (const double number : run(Device::cuda(), "cuda", true)) CHECK(std::isfinite(number));
    }
}

TEST_CASE("a predictor and an ensemble answer on the device as on the CPU") {
    const test::TemporaryFolder folder;
    const auto path = folder / "weights.safetensors";
    const auto model = make_model("lenet5", {4, 7});
    save_weights(path, *model,
                 WeightsInfo{"lenet5", {"a", "b", "c", "d"}, {"half", {0.01, 0.02, 0.03}, {-1, 0, 0.5}}});
    const Tensor image = Tensor::full({40, 32, 3}, 7, DType::uint8);
    const auto answer = [&](Device device) {
        const Predictor predictor(read_weights(path), {.device = device});
        return cases::to_doubles(predictor.probabilities({image, image}));
    };
    const auto vote = [&](Device device) {
        std::vector<std::unique_ptr<Module>> members;
        for (const std::uint64_t seed : {1, 2}) {
            members.push_back(std::make_unique<test::SmallNetwork>(4));
            members.back()->initialize(Initialization::glorot_uniform, seed);
        }
        Ensemble ensemble(std::move(members));
        ensemble.to(device);
        ensemble.eval();
        const NoGrad no_grad;
        return cases::to_doubles(
            ensemble(cases::make_tensor({{2, 12, 12, 3}}, DType::float32, 1).to(device)).to(Device::cpu()));
    };
    std::vector<double> answers, votes;
    {
        const KernelPolicyScope policy(KernelPolicy::parse("cuda"));
        const RunHook hook = test::on_host();
        answers = answer(Device::cuda());
        votes = vote(Device::cuda());
    }
    const std::vector<double> expected = answer(Device::cpu()), expected_votes = vote(Device::cpu());
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::fabs(answers[i] - expected[i]) <= 1e-5);
    for (std::size_t i = 0; i < expected_votes.size(); ++i)
        CHECK(std::fabs(votes[i] - expected_votes[i]) <= 1e-5 * std::fabs(expected_votes[i]));
}
