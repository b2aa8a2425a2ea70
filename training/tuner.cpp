#include "tern/training/tuner.hpp"

#include <algorithm>
#include <set>

#include "tern/core/autograd.hpp"
#include "tern/core/devices/event.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/epoch_order/epoch_order.hpp"
#include "tern/layers/evaluation_scope.hpp"
#include "tern/training/training_step.hpp"

namespace tern {
namespace {

constexpr int kTimings = 9;
constexpr double kTimingSeconds = 1e-3;  // of one timing at least: events tell half a microsecond
constexpr int kMostLaunches = 200;

using Candidates = std::vector<const Implementation*>;

bool accepts(const Implementation& implementation, const Problem& problem) {
    return implementation.device == problem.device().type && implementation.run != nullptr &&
           (implementation.accepts == nullptr || implementation.accepts(problem, nullptr));
}

Candidates candidates_of(const Problem& problem, const Implementation& usual) {
    Candidates candidates;
    for (const Implementation& implementation : problem.pass.implementations) {
        const bool asked = implementation.name != Ref::kName && !implementation.rounds_inputs;
        if ((asked || &implementation == &usual) && accepts(implementation, problem))
            candidates.push_back(&implementation);
    }
    return candidates;
}

// An output that is an input is changed by each run: such a pass cannot be run again.
bool runs_in_place(const Problem& problem) {
    return std::ranges::any_of(problem.outputs, [&](const Tensor& output) {
        return output.defined() && std::ranges::any_of(problem.inputs, [&](const Tensor& input) {
                   return input.defined() && input.raw_data() == output.raw_data();
               });
    });
}

// Seconds of one launch, the mean of `launches`.
double time_launches(const Problem& problem, const Implementation& implementation, const Stream& stream,
                     int launches) {
    Event start(problem.device()), end(problem.device());
    start.record(stream);
    for (int i = 0; i < launches; ++i) implementation.run(problem, stream);
    end.record(stream);
    return end.seconds_since(start) / launches;
}

// The outputs of `problem` are written again and again, always with the same values.
std::vector<TunedProblem::Timing> time_all(const Problem& problem, const Candidates& candidates,
                                           const Stream& stream) {
    std::vector<std::vector<double>> seconds(candidates.size());
    std::vector<int> launches;
    for (const Implementation* candidate : candidates) {
        time_launches(problem, *candidate, stream, 1);  // plans, caches
        const double guess = time_launches(problem, *candidate, stream, 1);
        launches.push_back(static_cast<int>(
            std::clamp(kTimingSeconds / std::max(guess, 1e-9), 1.0, static_cast<double>(kMostLaunches))));
    }
    for (int i = 0; i < kTimings; ++i)  // in turn: a machine that slows down slows all of them
        for (std::size_t k = 0; k < candidates.size(); ++k)
            seconds[k].push_back(time_launches(problem, *candidates[k], stream, launches[k]));
    std::vector<TunedProblem::Timing> timings;
    for (std::size_t k = 0; k < candidates.size(); ++k) {
        std::ranges::nth_element(seconds[k], seconds[k].begin() + kTimings / 2);
        timings.push_back({candidates[k]->name, seconds[k][kTimings / 2]});
    }
    return timings;
}

class Tuner {
  public:
    void operator()(const Problem& problem, const Implementation& usual, const Stream& stream) {
        const Candidates candidates = candidates_of(problem, usual);
        if (candidates.size() > 1 && !runs_in_place(problem) &&
            seen_.insert(describe_problem(problem)).second)
            add(problem, usual, candidates, stream);
        usual.run(problem, stream);
    }
    std::vector<TunedProblem> take() { return std::move(problems_); }

  private:
    void add(const Problem& problem, const Implementation& usual, const Candidates& candidates,
             const Stream& stream) {
        StepArena arena(problem.device());  // the step's own is for its own buffers
        const StepArena::Scope scope(arena);
        TunedProblem tuned{describe_problem(problem), usual.name, usual.name,
                           time_all(problem, candidates, stream)};
        double least = (1 - kTuningMargin) * tuned.seconds_of(usual.name);
        for (const auto& [name, seconds] : tuned.timings) {
            if (seconds >= least) continue;
            least = seconds;
            tuned.fastest = name;
        }
        problems_.push_back(std::move(tuned));
    }

    std::set<std::string> seen_;
    std::vector<TunedProblem> problems_;
};

}  // namespace

double TunedProblem::seconds_of(std::string_view implementation) const {
    return std::ranges::find(timings, implementation, &Timing::implementation)->seconds;
}

std::vector<TunedProblem> tune(Module& model, const BatchSource& source, std::int64_t batch_size) {
    TERN_CHECK(batch_size >= 1 && batch_size <= source.size(), "tune", "the batch size must be in [1, ",
               source.size(), "], got ", batch_size);
    const auto optimizer = make_optimizer(FlatParameters(model), {});
    const Tensor samples = epoch_order(batch_size, false, 0, 0, source.device());
    Tuner tuner;
    const RunHook hook(std::ref(tuner));
    if (!model.training()) model.train();
    TrainingStep step(model, *optimizer, source);
    step.run(samples);
    const EvaluationScope evaluation(model);
    const NoGrad no_grad;
    model(source.batch(samples).input);
    return tuner.take();
}

TuningTable::Choices choices_of(const std::vector<TunedProblem>& problems) {
    TuningTable::Choices choices;
    for (const TunedProblem& tuned : problems)
        if (tuned.fastest != tuned.usual) choices.emplace(tuned.problem, tuned.fastest);
    return choices;
}

}  // namespace tern
