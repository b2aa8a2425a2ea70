#include "tern/training/schedule.hpp"

#include "tern/core/error.hpp"

namespace tern {
namespace {

class Constant : public Schedule {
  public:
    explicit Constant(double rate) : rate_(rate) {}
    double learning_rate(std::int64_t /*step*/) const override { return rate_; }

  private:
    double rate_;
};

}  // namespace

std::unique_ptr<Schedule> make_schedule(std::string_view name, double learning_rate) {
    if (name == "constant") return std::make_unique<Constant>(learning_rate);
    fail("schedule", '"', name, "\" is none of constant");
}

}  // namespace tern
