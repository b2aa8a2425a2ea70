// Learning rates over the steps of a run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tern/training/run_length.hpp"

namespace tern {

/// A function of the step and of what it remembers, so that a run can start anywhere.
class Schedule {
  public:
    virtual ~Schedule() = default;
    /// For step 0, 1, ... of the run.
    virtual double learning_rate(std::int64_t step) const = 0;
    /// Is told what each evaluation came to.
    virtual void observe(double /*value*/, bool /*higher_is_better*/) {}
    /// What it knows of these: to be saved, and written back before a run continues.
    virtual std::span<double> memory() { return {}; }
};

/// "constant", "step", "cosine", "one-cycle", "polynomial" or "plateau" with those of the numbers that it takes. Each
/// but one-cycle may start with a linear warm-up: in step t of its W the rate is (t + 1) / (W + 1) of what follows.
struct ScheduleSettings {
    std::string name = "constant";
    double learning_rate = 1e-3;        // the highest
    std::optional<double> warmup = {};  // epochs; of one-cycle those in which it rises, none: 0.3 of the run
    std::optional<double> final_rate =
        {};  // cosine, polynomial: at the run's end; plateau: the lowest; none: 0
             // one-cycle: of the last step; none: learning_rate / 250000
    std::vector<double> milestones = {};  // step: epochs after which the rate is multiplied by the factor
    double factor = 0.1;                  // of step and plateau
    double power = 1;                     // of polynomial
    std::int64_t patience = 10;           // plateau: evaluations without a better one that change nothing
};

/// For a run of that length. Throws Error for another name, and for numbers that do not fit the run: a warm-up
/// or milestones that are not shorter, a final rate above the highest.
std::unique_ptr<Schedule> make_schedule(const ScheduleSettings& settings, const RunLength& length);

}  // namespace tern
