// A run that is stopped anywhere and continues ends with the bits of one that was not.
#include "tern/layers/state.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/small_network.hpp"

using namespace tern;
using test::check_equal;

namespace {

// What a checkpoint holds, in memory.
struct MemoryCheckpoint {
    TrainingPosition position;
    NamedTensors model, trainer;
};

NamedTensors copies(const NamedTensors& tensors) {
    NamedTensors result;
    for (const auto& [name, tensor] : tensors) {
        const Tensor copy = Tensor::empty(tensor.shape(), tensor.dtype());
        copy.copy_from(tensor);
        result.push_back({name, copy});
    }
    return result;
}

// One process's part of a run: from `from`, if any, until the plan or `stop_at` ends it.
struct RunPart {
    RunPart(const TrainingPlan& plan, const std::string& optimizer_name, const MemoryCheckpoint* from,
            std::int64_t stop_at, DType precision = DType::float32,
            const PrepareImagesParams& augmentation = {}, bool dropout = false, std::int64_t early_epochs = 0)
        : network(4, DType::float32, dropout),
          train(test::small_source(Split::train, precision, augmentation, early_epochs)),
          test(test::small_source(Split::test, precision)),
          optimizer(make_optimizer(FlatParameters(network),
                                   {.name = optimizer_name, .learning_rate = 0.01, .momentum = 0.9})),
          schedule(make_schedule({.learning_rate = 0.01}, RunLength(plan, train.size()))) {
        TrainingCallbacks callbacks;
        callbacks.after_step = [this](const TrainingProgress& progress) { step = progress.step; };
        callbacks.after_loss = [this](const StepLoss& loss) { losses.push_back(loss.loss); };
        callbacks.after_log_line = [this](const LogLine& line) { log_lines.push_back(line); };
        callbacks.save = [this](const TrainingPosition& position, const NamedTensors& state) {
            saved.push_back({position, copies(network.state()), copies(state)});
        };
        callbacks.stop = [this, stop_at] { return stop_at > 0 && step >= stop_at; };
        Trainer trainer({.model = network,
                         .optimizer = *optimizer,
                         .train = train,
                         .test = plan.epochs > 0 ? &test : nullptr,
                         .schedule = schedule.get(),
                         .plan = plan,
                         .callbacks = callbacks});
        if (from != nullptr) {
            load_state(network, from->model);
            load_state(trainer.state(), from->trainer);
        }
        last = trainer.run(from == nullptr ? TrainingPosition{} : from->position);
    }

    test::SmallNetwork network;
    DatasetSource train, test;  // 150 and 50 samples
    std::unique_ptr<Optimizer> optimizer;
    std::unique_ptr<Schedule> schedule;
    std::int64_t step = 0;
    std::vector<double> losses;
    std::vector<LogLine> log_lines;
    std::vector<MemoryCheckpoint> saved;
    std::optional<LogLine> last;
};

void check_resumes(const TrainingPlan& plan, const std::string& optimizer, DType precision = DType::float32,
                   const PrepareImagesParams& augmentation = {}, bool dropout = false,
                   std::int64_t early_epochs = 0) {
    const auto run = [&](const MemoryCheckpoint* from, std::int64_t stop_at) {
        return RunPart(plan, optimizer, from, stop_at, precision, augmentation, dropout, early_epochs);
    };
    const RunPart whole = run(nullptr, 0);
    REQUIRE(whole.last);
    const auto total = static_cast<std::int64_t>(whole.losses.size());
    for (std::int64_t stop_at = 1; stop_at <= total; ++stop_at) {
        INFO("stopped after step " << stop_at << " of " << total);
        const RunPart first = run(nullptr, stop_at);
        CHECK_FALSE(first.last);
        REQUIRE_FALSE(first.saved.empty());
        CHECK(first.saved.back().position.step == stop_at);
        const RunPart second = run(&first.saved.back(), 0);
        REQUIRE(second.last);
        check_equal(second.saved.back().model, whole.saved.back().model);
        check_equal(second.saved.back().trainer, whole.saved.back().trainer);
        std::vector<double> losses = first.losses;
        losses.insert(losses.end(), second.losses.begin(), second.losses.end());
        CHECK(losses == whole.losses);
        std::vector<LogLine> log_lines = first.log_lines;
        log_lines.insert(log_lines.end(), second.log_lines.begin(), second.log_lines.end());
        REQUIRE(log_lines.size() == whole.log_lines.size());
        for (std::size_t i = 0; i < log_lines.size(); ++i) {
            CHECK(log_lines[i].epoch == whole.log_lines[i].epoch);
            CHECK(log_lines[i].train.loss == whole.log_lines[i].train.loss);
            CHECK(log_lines[i].train.samples == whole.log_lines[i].train.samples);
            CHECK(log_lines[i].learning_rate == whole.log_lines[i].learning_rate);
            if (log_lines[i].test) CHECK(log_lines[i].test->loss == whole.log_lines[i].test->loss);
        }
    }
}

}  // namespace

TEST_CASE("a run of epochs that is stopped after any step continues bit for bit") {
    check_resumes({.epochs = 2, .batch_size = 64, .seed = 3}, "adam");
    check_resumes({.epochs = 2, .batch_size = 64, .seed = 3}, "sgd");
}

TEST_CASE("a run with a loss scale continues bit for bit") {
    check_resumes({.steps = 5, .batch_size = 64, .seed = 3}, "adam", DType::float16);
}

TEST_CASE("a run of steps that is stopped after any step continues bit for bit") {
    check_resumes({.steps = 7, .batch_size = 64}, "adam", DType::float32,
                  {.crop_padding = 4, .flip = true, .seed = 5});
}

TEST_CASE("a run on mixed images, smaller in its first epoch, continues bit for bit") {
    const PrepareImagesParams augmentation{.crop_padding = 4,
                                           .flip = true,
                                           .seed = 5,
                                           .crop_border = CropBorder::reflect,
                                           .alternate = true,
                                           .rotate = 15,
                                           .cutout = 8,
                                           .sharpen = 1,
                                           .brightness = 0.1,
                                           .contrast = 0.1,
                                           .saturation = 0.5,
                                           .hue = 0.05,
                                           .mixup = 0.5,
                                           .cutmix = 1};
    const TrainingPlan plan{.epochs = 2, .batch_size = 64, .seed = 3, .statistics_samples = 100};
    check_resumes(plan, "sgd", DType::float32, augmentation, true, 1);
    check_resumes(plan, "adam", DType::float16, augmentation, false, 1);
    const auto losses = [&](const PrepareImagesParams& params, std::int64_t early_epochs) {
        return RunPart(plan, "adam", nullptr, 0, DType::bfloat16, params, false, early_epochs).losses;
    };
    CHECK(losses(augmentation, 1) != losses(augmentation, 0));
    CHECK(losses(augmentation, 1) != losses({}, 1));
}

TEST_CASE("a run with dropout continues bit for bit") {
    const TrainingPlan plan{.epochs = 2, .batch_size = 64, .seed = 3, .statistics_samples = 100};
    check_resumes(plan, "adam", DType::float32, {}, true);
    CHECK(RunPart(plan, "adam", nullptr, 0, DType::float32, {}, true).losses !=
          RunPart(plan, "adam", nullptr, 0).losses);
}

TEST_CASE("a run whose statistics are taken anew continues bit for bit, however often it is saved") {
    const TrainingPlan plan{.epochs = 2, .batch_size = 64, .seed = 3, .statistics_samples = 100};
    check_resumes(plan, "adam");
    TrainingPlan often = plan;
    often.save_every = 1;
    const RunPart whole(plan, "adam", nullptr, 0), saved(often, "adam", nullptr, 0);
    REQUIRE(saved.saved.size() == 6);
    check_equal(saved.saved.back().model, whole.saved.back().model);
    // What is saved is what was evaluated, and what is saved on the way is of the same kind.
    const RunPart stopped(plan, "adam", nullptr, 4);
    check_equal(saved.saved[3].model, stopped.saved.back().model);
}

TEST_CASE("a run is saved after each log line and as often as asked") {
    const auto saved_steps = [](const TrainingPlan& plan) {
        std::vector<std::int64_t> steps;
        for (const MemoryCheckpoint& saved : RunPart(plan, "adam", nullptr, 0).saved)
            steps.push_back(saved.position.step);
        return steps;
    };
    CHECK(saved_steps({.epochs = 2, .batch_size = 64}) == std::vector<std::int64_t>{3, 6});
    CHECK(saved_steps({.epochs = 2, .batch_size = 64, .save_every = 2}) ==
          std::vector<std::int64_t>{2, 3, 4, 6});
    CHECK(saved_steps({.steps = 5, .batch_size = 64}) == std::vector<std::int64_t>{5});
    CHECK(saved_steps({.steps = 5, .batch_size = 64, .save_every = 3}) == std::vector<std::int64_t>{3, 5});
}

TEST_CASE("a run cannot continue behind the end of its plan") {
    const RunPart first({.steps = 5, .batch_size = 64, .save_every = 3}, "adam", nullptr, 0);
    REQUIRE(first.saved.front().position.step == 3);
    CHECK_THROWS_WITH(RunPart({.steps = 2, .batch_size = 64}, "adam", &first.saved.front(), 0),
                      "[train] the plan has 2 steps, but 3 are done");
}

TEST_CASE("a finished run has nothing left to do, and can be made longer") {
    const RunPart whole({.epochs = 3, .batch_size = 64}, "adam", nullptr, 0),
        first({.epochs = 2, .batch_size = 64}, "adam", nullptr, 0),
        none({.epochs = 2, .batch_size = 64}, "adam", &first.saved.back(), 0),
        longer({.epochs = 3, .batch_size = 64}, "adam", &first.saved.back(), 0);
    CHECK_FALSE(none.last);
    CHECK(none.losses.empty());
    CHECK(none.saved.empty());
    check_equal(longer.saved.back().model, whole.saved.back().model);
    CHECK(longer.last->epoch == 3);
}
