// Learning rates over the steps of a run.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace tern {

/// A pure function of the step, so that a run can start anywhere.
class Schedule {
  public:
    virtual ~Schedule() = default;
    /// For step 0, 1, ... of the run.
    virtual double learning_rate(std::int64_t step) const = 0;
};

/// "constant": `learning_rate` always. Throws Error for another name.
std::unique_ptr<Schedule> make_schedule(std::string_view name, double learning_rate);

}  // namespace tern
