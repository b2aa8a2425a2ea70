// Optimizers, schedules, clipped gradients, averaged weights and growing batches together: a run that is stopped anywhere
// and continues on another number of ranks ends with the bits of one that was not.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "tern/tests/catch.hpp"
#include "tern/tests/training/rank_runs.hpp"
#include "tern/training/evaluation.hpp"
#include "tern/training/gradient_clip.hpp"
#include "tern/training/precise_statistics.hpp"

using namespace tern;
using test::check_equal;
using test::run_ranks;
using test::Saved;
using Options = test::RankOptions;
using Result = test::RankResult;

namespace {

// 150 samples: epochs of 5 steps of at most 37.
TrainingPlan plan_of(std::int64_t replicas) {
    return {.epochs = 3, .batch_size = 37, .seed = 3, .statistics_samples = 64, .replicas = replicas};
}

// Of `replicas` on one rank without a stop, and on two ranks, or again on one, with a stop at steps drawn from `seed`.
void check_continues(const Options& options, unsigned seed) {
    const Result whole = run_ranks(options, 1).front();
    REQUIRE(whole.error == "");
    const auto total = static_cast<std::int64_t>(whole.losses.size());
    const int others = options.plan.replicas == 2 ? 2 : 1;
    if (others == 2)
        for (const Result& result : run_ranks(options, others)) check_equal(result, whole);
    std::mt19937 draw(seed);
    for (int trial = 0; trial < 4; ++trial) {
        Options part = options;
        part.stop_at = 1 + static_cast<std::int64_t>(draw() % static_cast<unsigned>(total - 1));
        INFO("stopped after step " << part.stop_at << " of " << total);
        const Result first = run_ranks(part, trial % 2 == 0 ? others : 1).front();
        REQUIRE(first.error == "");
        REQUIRE(first.saved.back().position.step == part.stop_at);
        part.stop_at = 0;
        part.from = &first.saved.back();
        const Result second = run_ranks(part, trial % 2 == 0 ? 1 : others).front();
        REQUIRE(second.error == "");
        CHECK((second.state == whole.state));
        check_equal(second.saved.back().trainer, whole.saved.back().trainer);
        check_equal(*second.log_lines.back().test, *whole.log_lines.back().test);
        CHECK(second.log_lines.back().learning_rate == whole.log_lines.back().learning_rate);
    }
}

Options recipe(const OptimizerSettings& optimizer, const ScheduleSettings& schedule, std::int64_t replicas) {
    Options options{.plan = plan_of(replicas), .hidden = true, .optimizer = optimizer, .schedule = schedule};
    options.schedule->learning_rate = optimizer.learning_rate;
    return options;
}

}  // namespace

TEST_CASE("runs with Nesterov, cosine, a warm-up, clipping and decay groups continue bit for bit") {
    for (const std::int64_t replicas : {1, 2}) {
        Options options = recipe({.name = "sgd",
                                  .learning_rate = 0.05,
                                  .momentum = 0.9,
                                  .nesterov = true,
                                  .weight_decay = 0.01,
                                  .decay = "weights"},
                                 {.name = "cosine", .warmup = 0.5}, replicas);
        options.plan.clip_norm = 0.5;
        check_continues(options, 1);
    }
}

TEST_CASE("runs with averaged weights continue bit for bit") {
    for (const std::int64_t replicas : {1, 2}) {
        Options options = recipe({.name = "adamw", .learning_rate = 0.01, .weight_decay = 0.1},
                                 {.name = "one-cycle", .warmup = 1}, replicas);
        options.plan.average_decay = 0.9;
        check_continues(options, 2);
        options.plan.statistics_samples = 0;  // these are averaged, too
        options.schedule->name = "polynomial";
        check_continues(options, 3);
    }
}

TEST_CASE("runs with RMSprop and a plateau continue bit for bit") {
    for (const std::int64_t replicas : {1, 2}) {
        Options options = recipe({.name = "rmsprop", .learning_rate = 0.003, .momentum = 0.5},
                                 {.name = "plateau", .factor = 0.5, .patience = 0}, replicas);
        options.plan.epochs = 4;
        check_continues(options, 4);
    }
}

TEST_CASE("runs with Muon, milestones, clipping and averaged weights continue bit for bit") {
    for (const std::int64_t replicas : {1, 2}) {
        Options options =
            recipe({.name = "muon", .learning_rate = 0.02, .momentum = 0.95, .weight_decay = 0.01},
                   {.name = "step", .milestones = {1.5, 2}}, replicas);
        options.plan.clip_norm = 0.5;
        options.plan.average_decay = 0.9;
        check_continues(options, 5);
    }
}

TEST_CASE("runs whose batches grow continue bit for bit") {
    for (const std::int64_t replicas : {1, 2}) {
        Options options = recipe({.learning_rate = 0.01}, {.name = "cosine"}, replicas);
        options.plan.batch_growth = {{.epoch = 2, .factor = 2}, {.epoch = 3, .factor = 3}};
        check_continues(options, 6);
        options.precision = DType::float16;
        options.plan.clip_norm = 0.5;
        options.plan.average_decay = 0.9;
        check_continues(options, 7);
        const Result result = run_ranks(options, 1).front();
        REQUIRE(result.losses.size() == 5 + 3 + 2);
        CHECK(result.log_lines[0].batch_size == 37);
        CHECK(result.log_lines[1].batch_size == 74);
        CHECK(result.log_lines[2].batch_size == 111);
        CHECK(result.log_lines[2].train.samples == 150);
    }
}

TEST_CASE("the average is of the weights after each step, and is what is evaluated and saved") {
    for (const std::int64_t samples : {0, 50}) {
        INFO("precise statistics of " << samples);
        Options plain{.plan = {.epochs = 2, .batch_size = 50, .save_every = 1, .statistics_samples = samples},
                      .precision = DType::float64,
                      .dropout = false};
        Options averaged = plain;
        averaged.plan.average_decay = 0.3;
        const Result steps = run_ranks(plain, 1).front(), result = run_ranks(averaged, 1).front();
        REQUIRE(result.error == "");
        CHECK(result.losses == steps.losses);  // nothing else is trained
        REQUIRE(steps.saved.size() == 6);
        NamedTensors average = test::copies(steps.saved.front().model);
        for (std::size_t step = 1; step < steps.saved.size(); ++step) {
            // 2 / 11 after step 2, 3 / 12, 4 / 13 and more than 0.3 from there on.
            const double t = static_cast<double>(step) + 1, decay = std::min(0.3, t / (t + 9));
            for (std::size_t i = 0; i < average.size(); ++i) {
                const Tensor now = steps.saved[step].model[i].tensor;
                if (!is_floating(now.dtype())) continue;
                for (std::int64_t k = 0; k < now.numel(); ++k) {
                    double& mean = average[i].tensor.data<double>()[k];
                    mean = decay * mean + (1 - decay) * now.data<double>()[k];
                }
            }
        }
        const NamedTensors& saved = result.saved.back().model;
        test::SmallNetwork network(4, DType::float64);
        load_state(network, saved);
        const DatasetSource train = test::small_source(Split::train, DType::float64);
        if (samples > 0) take_precise_statistics(network, train, samples, 50);
        for (std::size_t i = 0; i < saved.size(); ++i) {
            INFO(saved[i].name);
            const Tensor &got = saved[i].tensor, &mean = average[i].tensor;
            if (!is_floating(got.dtype())) continue;
            if (samples > 0 && saved[i].name.find("running_") != std::string::npos) {
                // Taken anew with the averaged weights, by which it was so already.
                CHECK(
                    std::ranges::equal(got.elements<double>(), network.state()[i].tensor.elements<double>()));
                continue;
            }
            // Six times three roundings of numbers below 4.
            for (std::int64_t k = 0; k < got.numel(); ++k)
                if (!(std::fabs(got.data<double>()[k] - mean.data<double>()[k]) <= 72 * 0x1p-53))
                    FAIL_CHECK(k);
        }
        const DatasetSource held_out = test::small_source(Split::test, DType::float64);
        CHECK(evaluate(network, held_out, {.batch_size = 50}).totals.loss ==
              result.log_lines.back().test->loss);
        CHECK(result.log_lines.back().test->loss != steps.log_lines.back().test->loss);
        // What is trained is in the state.
        test::SmallNetwork trained(4, DType::float64);
        load_state(trained, steps.saved.back().model);
        const FlatParameters flat(trained);
        const NamedTensors& state = result.saved.back().trainer;
        const auto weights = std::ranges::find(state, "trained.weights", &NamedTensor::name);
        REQUIRE(weights != state.end());
        CHECK(std::ranges::equal(weights->tensor.elements<double>(), flat.values().elements<double>()));
    }
}

TEST_CASE("the clip factor is that of the norm, after the scale of a loss") {
    const Tensor gradients = Tensor::from({4}, {3.0f, 0.0f, -4.0f, 0.0f});
    // The quotient of two float32 numbers, a few roundings each.
    const auto near = [](double value) { return Approx(value).epsilon(8 * 0x1p-24); };
    CHECK(clip_factor(gradients, 0.5).item() == near(0.5 / (5 + 1e-6)));
    CHECK(clip_factor(gradients, 10).item() == 1);
    const auto with = [&](float factor) { return Tensor::from({}, {factor}); };
    CHECK(clip_factor(gradients, 0.5, with(0.5f)).item() == near(0.5 * 0.5 / (2.5 + 1e-6)));
    CHECK(clip_factor(gradients, 10, with(0.5f)).item() == 0.5);
    CHECK(clip_factor(gradients, 0.5, with(0)).item() == 0);
    const float infinity = std::numeric_limits<float>::infinity();
    const Tensor wrong = Tensor::from({2}, {infinity, 1.0f});
    CHECK(clip_factor(wrong, 0.5, with(0)).item() == 0);  // the step is left out
    CHECK(std::isnan(clip_factor(wrong, 0.5).item()));
}

TEST_CASE("a plateau lowers the rate after evaluations that are not better") {
    Options options =
        recipe({.name = "sgd", .learning_rate = 1e-9}, {.name = "plateau", .factor = 0.5, .patience = 0}, 1);
    options.plan.epochs = 4;  // of which none changes anything
    const Result result = run_ranks(options, 1).front();
    REQUIRE(result.log_lines.size() == 4);
    CHECK(result.log_lines[1].learning_rate == 1e-9);
    CHECK(result.log_lines[2].learning_rate == 0.5e-9);
    CHECK(result.log_lines[3].learning_rate == 0.25e-9);
}
