// Whole runs on the device that the host takes the place of: everything that a run asks of a GPU is there.
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "tern/tests/step_on_host/on_host.hpp"
#include "tern/tests/training/small_network.hpp"
#include "tern/training/precise_statistics.hpp"
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
