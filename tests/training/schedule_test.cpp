// Lengths of runs in steps and epochs, and the ends of schedules; tests/golden compares these with PyTorch's.
#include "tern/training/schedule.hpp"

#include "tern/tests/catch.hpp"
#include "tern/training/trainer.hpp"

using namespace tern;

namespace {

// 4 epochs of 5 steps.
const RunLength kLength({.epochs = 4, .batch_size = 10}, 50);

double rate_at(std::int64_t step, ScheduleSettings settings) {
    settings.learning_rate = 0.5;
    return make_schedule(settings, kLength)->learning_rate(step);
}

void check_refused(const ScheduleSettings& settings, const std::string& message) {
    CHECK_THROWS_WITH(make_schedule(settings, kLength), "[schedule] " + message);
}

}  // namespace

TEST_CASE("a run has steps and epochs") {
    CHECK(kLength.steps() == 20);
    CHECK(kLength.epochs() == 4);
    CHECK(kLength.steps_in(0) == 0);
    CHECK(kLength.steps_in(0.5) == 3);  // 2.5
    CHECK(kLength.steps_in(3.2) == 16);
    CHECK(kLength.steps_in(9) == 20);
    CHECK(kLength.epochs_at(7) == 1.4);
    const RunLength part({.steps = 7, .batch_size = 10}, 50);
    CHECK(part.epochs() == 1.4);
    CHECK(part.steps_in(1.2) == 6);
}

TEST_CASE("a batch that grows makes later epochs shorter") {
    TrainingPlan plan{.epochs = 4, .batch_size = 10};
    plan.batch_growth = {{.epoch = 2, .factor = 2}, {.epoch = 4, .factor = 10}};
    const RunLength length(plan, 50);  // 5, 3, 3 and 1
    CHECK(length.steps() == 12);
    CHECK(length.epochs() == 4);
    CHECK(length.batch_size(1) == 10);
    CHECK(length.batch_size(2) == 20);
    CHECK(length.batch_size(3) == 20);
    CHECK(length.batch_size(4) == 100);
    CHECK(length.steps_in(1) == 5);
    CHECK(length.steps_in(2) == 8);
    CHECK(length.steps_in(3) == 11);
    CHECK(length.epochs_at(5) == 1);
    CHECK(length.epochs_at(11) == 3);
    plan.epochs = 0;
    plan.steps = 9;
    CHECK_THROWS_WITH(RunLength(plan, 50),
                      "[train] a batch that grows at epoch 4 needs a run that is longer, got 9 steps");
    plan.batch_growth.pop_back();
    CHECK(RunLength(plan, 50).epochs() == 1 + 4.0 / 3);
}

TEST_CASE("lengths that cannot be are refused") {
    const auto refused = [](std::vector<BatchGrowth> growth, const std::string& message,
                            std::int64_t epochs = 4) {
        TrainingPlan plan{.epochs = epochs, .batch_size = 10};
        plan.batch_growth = std::move(growth);
        CHECK_THROWS_WITH(RunLength(plan, 50), "[train] " + message);
    };
    refused({{1, 2}}, "a batch grows at epochs from 2 on, each later than the one before, got 1");
    refused({{3, 2}, {3, 4}}, "a batch grows at epochs from 2 on, each later than the one before, got 3");
    refused({{5, 2}}, "a batch that grows at epoch 5 needs a run that is longer, got 4 epochs");
    refused({{2, 0}}, "a batch grows by a factor of at least 1 to at most 2^63 samples, got 0 times 10");
    refused(
        {{2, INT64_MAX}},
        "a batch grows by a factor of at least 1 to at most 2^63 samples, got 9223372036854775807 times 10");
    refused({}, "9223372036854775806 epochs of 5 steps are more than 2^63 steps", INT64_MAX - 1);
    CHECK_THROWS_WITH(RunLength({.epochs = 1, .steps = 1}, 50),
                      "[train] one of epochs and steps must be positive, got 1 and 1");
    CHECK_THROWS_WITH(RunLength({.epochs = 1}, 0), "[train] batches of 32 from 0 samples");
}

TEST_CASE("schedules start, rise and end as they say") {
    CHECK(rate_at(1000000, {}) == 0.5);
    CHECK(rate_at(0, {.warmup = 1}) == Approx(0.5 / 6));
    CHECK(rate_at(4, {.warmup = 1}) == Approx(0.5 * 5 / 6));
    CHECK(rate_at(5, {.warmup = 1}) == 0.5);
    // The final rate is that of the step after the last, as in PyTorch.
    CHECK(rate_at(20, {.name = "cosine", .warmup = 1, .final_rate = 0.125}) == 0.125);
    CHECK(rate_at(20, {.name = "polynomial", .final_rate = 0.125, .power = 2}) == 0.125);
    CHECK(rate_at(10, {.name = "polynomial", .final_rate = 0.125, .power = 2}) == Approx(0.125 + 0.375 / 4));
    CHECK(rate_at(0, {.name = "one-cycle"}) == Approx(0.5 / 25));
    CHECK(rate_at(5, {.name = "one-cycle"}) == 0.5);  // the last of 0.3 of 20
    CHECK(rate_at(19, {.name = "one-cycle"}) == Approx(0.5 / 250000));
    CHECK(rate_at(19, {.name = "one-cycle", .final_rate = 0.25}) == 0.25);
    CHECK(rate_at(0, {.name = "one-cycle", .warmup = 0}) <= 0.5);
    CHECK(rate_at(0, {.name = "one-cycle", .warmup = 0.2}) == 0.5);  // of one step
}

TEST_CASE("schedules that do not fit the run are refused") {
    check_refused({.name = "linear"},
                  "\"linear\" is none of constant, cosine, one-cycle, plateau, polynomial, step");
    check_refused({.warmup = 4}, "a warm-up must be shorter than the run of 4 epochs, got 4");
    check_refused({.warmup = -1}, "a warm-up must be shorter than the run of 4 epochs, got -1");
    check_refused({.name = "step"}, "step needs milestones");
    const std::string rule =
        "milestones must ascend, after the warm-up and before the end of the run of 4 epochs, got ";
    check_refused({.name = "step", .milestones = {1, 4}}, rule + "4");
    check_refused({.name = "step", .milestones = {2, 1}}, rule + "1");
    check_refused({.name = "step", .warmup = 1, .milestones = {0.5}}, rule + "0.5");
    check_refused({.name = "cosine", .final_rate = 0.5},
                  "the final learning rate must be at most the highest, 0.001, got 0.5");
}
