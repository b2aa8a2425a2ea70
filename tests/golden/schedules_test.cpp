// Learning rates of 20 steps, 5 of them an epoch, against PyTorch's schedulers.
#include <cmath>
#include <map>

#include "tern/tests/catch.hpp"
#include "tern/tests/golden/golden_file.hpp"
#include "tern/training/schedule.hpp"
#include "tern/training/trainer.hpp"

using namespace tern;
using test::Json;

namespace {

constexpr double kRate = 0.4;

const std::map<std::string, ScheduleSettings> kSchedules{
    {"step", {.name = "step", .learning_rate = kRate, .milestones = {2, 3}, .factor = 0.3}},
    {"cosine", {.name = "cosine", .learning_rate = kRate, .final_rate = 0.01}},
    {"cosine after a warm-up", {.name = "cosine", .learning_rate = kRate, .warmup = 1, .final_rate = 0.01}},
    {"polynomial", {.name = "polynomial", .learning_rate = kRate, .power = 2}},
    {"polynomial after a warm-up", {.name = "polynomial", .learning_rate = kRate, .warmup = 1}},
    {"one-cycle", {.name = "one-cycle", .learning_rate = kRate}},
    {"one-cycle, rising longer", {.name = "one-cycle", .learning_rate = kRate, .warmup = 2}},
    {"plateau, higher is better",
     {.name = "plateau", .learning_rate = kRate, .final_rate = 0.06, .factor = 0.5, .patience = 1}},
    {"plateau, lower is better", {.name = "plateau", .learning_rate = kRate, .factor = 0.5, .patience = 1}},
};

constexpr double kObserved[]{0.3, 0.5, 0.4, 0.49, 0.500001, 0.45, 0.6, 0.55, 0.6, 0.1, 0.2};

}  // namespace

TEST_CASE("learning rates are PyTorch's") {
    const Json golden = test::read_golden("schedules");
    REQUIRE(golden["cases"].size() == kSchedules.size());
    for (const auto& [name, settings] : kSchedules) {
        const auto expected = golden["cases"][name].get<std::vector<double>>();
        const auto steps = static_cast<std::int64_t>(expected.size());
        const auto schedule = make_schedule(settings, RunLength({.epochs = steps / 5, .batch_size = 10}, 50));
        for (std::int64_t step = 0; step < steps; ++step) {
            const double got = schedule->learning_rate(step),
                         wanted = expected[static_cast<std::size_t>(step)];
            INFO(name << ", step " << step << ": " << got << ", PyTorch " << wanted);
            // PyTorch goes from rate to rate: some roundings each, of numbers of at most the highest.
            if (!(std::fabs(got - wanted) <= static_cast<double>(step + 1) * 8 * 0x1p-53 * kRate))
                FAIL_CHECK("too far");
            if (settings.name == "plateau" && step % 5 == 4)
                schedule->observe(kObserved[step / 5], name.ends_with("higher is better"));
        }
    }
}
