#include "tern/training/schedule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "tern/core/error.hpp"

namespace tern {
namespace {

const char* const kWhere = "schedule";

// From `from`, at share 0, to `to`, at share 1, along half a period of the cosine.
double cosine(double from, double to, double share) {
    return to + (from - to) * (1 + std::cos(std::numbers::pi * share)) / 2;
}

// Always the same; what follows a warm-up is derived from it.
class Constant : public Schedule {
  public:
    Constant(double rate, std::int64_t warmup) : rate_(rate), warmup_(warmup) {}
    double learning_rate(std::int64_t step) const final {
        if (step >= warmup_) return after_warmup(step);
        return after_warmup(warmup_) * static_cast<double>(step + 1) / static_cast<double>(warmup_ + 1);
    }

  protected:
    virtual double after_warmup(std::int64_t /*step*/) const { return rate_; }
    double rate() const { return rate_; }
    std::int64_t warmup() const { return warmup_; }

  private:
    double rate_;
    std::int64_t warmup_;  // steps
};

class Steps : public Constant {
  public:
    Steps(double rate, std::int64_t warmup, std::vector<std::int64_t> milestones, double factor)
        : Constant(rate, warmup), milestones_(std::move(milestones)), factor_(factor) {}

  protected:
    double after_warmup(std::int64_t step) const override {
        return rate() * std::pow(factor_, std::ranges::upper_bound(milestones_, step) - milestones_.begin());
    }

  private:
    std::vector<std::int64_t> milestones_;
    double factor_;
};

// From the rate to the final one, which would be that of the step after the last.
class Falling : public Constant {
  public:
    Falling(double rate, std::int64_t warmup, double final_rate, std::int64_t steps,
            double (*fall)(double, double), double power)
        : Constant(rate, warmup), final_rate_(final_rate), steps_(steps), fall_(fall), power_(power) {}

    static double along_cosine(double share, double /*power*/) { return cosine(1, 0, share); }
    static double along_power(double share, double power) { return std::pow(1 - share, power); }

  protected:
    double after_warmup(std::int64_t step) const override {
        const double share = static_cast<double>(step - warmup()) / static_cast<double>(steps_ - warmup());
        return final_rate_ + (rate() - final_rate_) * fall_(share, power_);
    }

  private:
    double final_rate_;
    std::int64_t steps_;
    double (*fall_)(double share, double power);
    double power_;
};

// Up to step rise - 1 and down to the last one, as PyTorch's OneCycleLR.
class OneCycle : public Schedule {
  public:
    OneCycle(double rate, std::int64_t rise, double final_rate, std::int64_t steps)
        : rate_(rate),
          final_rate_(final_rate),
          top_(static_cast<double>(rise - 1)),
          last_(static_cast<double>(steps - 1)) {}

    double learning_rate(std::int64_t step) const override {
        const auto at = static_cast<double>(step);
        return at < top_ ? cosine(rate_ / kRise, rate_, at / top_)
                         : cosine(rate_, final_rate_, (at - top_) / (last_ - top_));
    }

    static constexpr double kRise = 25, kFall = 1e4;  // from 1 / 25 of the rate, to 1 / 10000 of that

  private:
    double rate_, final_rate_, top_, last_;
};

// PyTorch's ReduceLROnPlateau with its threshold.
class Plateau : public Constant {
  public:
    Plateau(double rate, std::int64_t warmup, double lowest, double factor, std::int64_t patience)
        : Constant(rate, warmup), lowest_(lowest), factor_(factor), patience_(patience) {}

    void observe(double value, bool higher_is_better) override {
        const double least = std::abs(best()) * kThreshold;
        const bool better = higher_is_better ? value > best() + least : value < best() - least;
        if (evaluations()++ == 0 || better) {
            best() = value;
            bad() = 0;
        } else if (++bad() > static_cast<double>(patience_)) {
            bad() = 0;
            ++reductions();
        }
    }
    std::span<double> memory() override { return memory_; }

  protected:
    double after_warmup(std::int64_t /*step*/) const override {
        return std::max(rate() * std::pow(factor_, memory_[3]), std::min(lowest_, rate()));
    }

  private:
    static constexpr double kThreshold = 1e-4;  // by what share of the best a better one is better
    double& evaluations() { return memory_[0]; }
    double& best() { return memory_[1]; }
    double& bad() { return memory_[2]; }  // since the best, or the last reduction
    double& reductions() { return memory_[3]; }

    double lowest_, factor_;
    std::int64_t patience_;
    std::array<double, 4> memory_{};
};

std::int64_t warmup_steps(const ScheduleSettings& settings, const RunLength& length) {
    const double epochs = settings.warmup.value_or(settings.name == "one-cycle" ? 0.3 * length.epochs() : 0);
    TERN_CHECK(epochs >= 0 && epochs < length.epochs(), kWhere, "a warm-up must be shorter than the run of ",
               length.epochs(), " epochs, got ", epochs);
    return std::min(length.steps_in(epochs), length.steps() - 1);
}

std::vector<std::int64_t> milestone_steps(const ScheduleSettings& settings, const RunLength& length) {
    TERN_CHECK(!settings.milestones.empty(), kWhere, "step needs milestones");
    std::vector<std::int64_t> steps;
    double last = settings.warmup.value_or(0);
    for (const double epochs : settings.milestones) {
        TERN_CHECK(epochs > last && epochs < length.epochs(), kWhere,
                   "milestones must ascend, after the warm-up and before the end of the run of ",
                   length.epochs(), " epochs, got ", epochs);
        steps.push_back(length.steps_in(epochs));
        last = epochs;
    }
    return steps;
}

}  // namespace

std::unique_ptr<Schedule> make_schedule(const ScheduleSettings& settings, const RunLength& length) {
    const std::string& name = settings.name;
    const double rate = settings.learning_rate, final_rate = settings.final_rate.value_or(0);
    TERN_CHECK(settings.final_rate.value_or(0) <= rate, kWhere,
               "the final learning rate must be at most the highest, ", rate, ", got ", final_rate);
    const std::int64_t warmup = warmup_steps(settings, length), steps = length.steps();
    if (name == "constant") return std::make_unique<Constant>(rate, warmup);
    if (name == "step")
        return std::make_unique<Steps>(rate, warmup, milestone_steps(settings, length), settings.factor);
    if (name == "cosine")
        return std::make_unique<Falling>(rate, warmup, final_rate, steps, Falling::along_cosine, 1);
    if (name == "polynomial")
        return std::make_unique<Falling>(rate, warmup, final_rate, steps, Falling::along_power,
                                         settings.power);
    if (name == "one-cycle")
        return std::make_unique<OneCycle>(
            rate, warmup, settings.final_rate.value_or(rate / OneCycle::kRise / OneCycle::kFall), steps);
    TERN_CHECK(name == "plateau", kWhere, '"', name,
               "\" is none of constant, cosine, one-cycle, plateau, polynomial, step");
    return std::make_unique<Plateau>(rate, warmup, final_rate, settings.factor, settings.patience);
}

}  // namespace tern
