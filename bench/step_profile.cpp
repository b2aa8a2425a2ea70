#include "tern/bench/step_profile.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include "tern/bench/onednn.hpp"
#include "tern/bench/timing.hpp"
#include "tern/core/autograd.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/core/owner.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/kernels/epoch_order/epoch_order.hpp"
#include "tern/training/chrome_trace.hpp"
#include "tern/training/operation_ranges.hpp"
#include "tern/training/training_step.hpp"

namespace tern::bench {
namespace {

// The first step records the arena, the second is the first to use it.
constexpr int kWarmUpSteps = 3;
// More than the parts of a step, beside its operations.
constexpr std::size_t kMostParts = 64;

StepProfile::Call describe_call(const Problem& problem, const Implementation& implementation,
                                const Stream& stream, const std::string& layer, bool onednn) {
    const Pass& pass = problem.pass;
    StepProfile::Call call{
        to_text(pass.op, '.', pass.name),     layer,
        std::string(implementation.name),     pass.flops == nullptr ? 0 : pass.flops(problem),
        static_cast<double>(problem.bytes()), {}};
    if (!onednn || !onednn_has(pass)) return call;
    // Outputs and buffers of the repetitions come from arenas of their own: the step's must not see them.
    StepArena arena_of_outputs(problem.device()), arena(problem.device());
    const StepArena::Scope outputs_scope(arena_of_outputs);
    Tensors outputs;
    for (const Tensor& output : problem.outputs)
        outputs.push_back(output ? Tensor::empty(output.shape(), output.dtype(), output.device()) : Tensor());
    const Problem again{pass, problem.params_ref, problem.inputs, outputs};
    if (const std::function<void()> run_onednn = onednn_call(again)) {
        const auto run_again = [&] {
            const StepArena::Scope scope(arena);
            implementation.run(again, stream);
        };
        call.repeated = {median_seconds_of(run_again), median_seconds_of(run_onednn)};
    }
    return call;
}

// Ranges of steps, as many as a trace has room for.
class TracedSteps {
  public:
    void add(const std::vector<RecordedRange>& step) {
        if (ranges_.empty() && !step.empty()) origin_ = step.front().begin;
        const std::size_t fit = std::min(step.size(), most_ - ranges_.size());
        ranges_.insert(ranges_.end(), step.begin(), step.begin() + static_cast<std::ptrdiff_t>(fit));
        dropped_ += std::ssize(step) - static_cast<std::ptrdiff_t>(fit);
    }
    std::string text() const {
        const std::string events = trace_events(0, "tern-bench --profile", ranges_, origin_);
        return chrome_trace({&events, 1}, dropped_, dropped_ > 0 ? "the last steps are missing" : "");
    }

  private:
    std::size_t most_ = trace_ranges();
    std::vector<RecordedRange> ranges_;
    std::int64_t dropped_ = 0;
    double origin_ = 0;
};

// The calls are described in the last step of the warm-up, so that the measured ones only read the clock.
StepProfile measure(Module& model, const ProfileSettings& settings, const std::function<void()>& run_step) {
    for (int i = 1; i < kWarmUpSteps; ++i) run_step();
    const OperationRanges operations(model);
    std::vector<StepProfile::Call> calls;
    {
        const RunHook hook(
            [&](const Problem& problem, const Implementation& implementation, const Stream& stream) {
                implementation.run(problem, stream);
                calls.push_back(describe_call(problem, implementation, stream,
                                              operations.layer(current_owner()), settings.onednn));
            });
        run_step();
    }
    std::vector<StepProfile::Step> steps(static_cast<std::size_t>(settings.steps));
    TracedSteps traced;
    for (StepProfile::Step& step : steps) {
        const Recorder recorder({}, calls.size() + kMostParts);
        step.seconds = seconds_of(run_step);
        const std::vector<RecordedRange> ranges = recorder.ranges();
        for (const RecordedRange& range : ranges)
            if (!range.label.implementation.empty()) step.calls.push_back(range.end - range.begin);
        if (settings.trace) traced.add(ranges);
    }
    return {std::move(calls), std::move(steps), settings.trace ? traced.text() : ""};
}

}  // namespace

StepProfile::StepProfile(std::vector<Call> calls, std::vector<Step> steps, std::string trace)
    : calls_(std::move(calls)), steps_(std::move(steps)), trace_(std::move(trace)) {
    for (const Step& step : steps_) TERN_ASSERT(step.calls.size() == calls_.size());
}

double StepProfile::median_seconds(const std::vector<std::size_t>& calls) const {
    std::vector<double> sums;
    for (const Step& step : steps_) {
        sums.push_back(std::transform_reduce(calls.begin(), calls.end(), 0.0, std::plus(),
                                             [&](std::size_t call) { return step.calls[call]; }));
    }
    return median(std::move(sums));
}

std::vector<ProfileRow> StepProfile::rows(ProfileBy by) const {
    std::vector<ProfileRow> rows;
    std::vector<std::vector<std::size_t>> members;  // of each row, the calls
    std::map<std::array<std::string, 3>, std::size_t> places;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        const Call& call = calls_[i];
        ProfileRow row;
        if (by != ProfileBy::operation) row.layer = call.layer;
        if (by != ProfileBy::layer) {
            row.operation = call.operation;
            row.implementation = call.implementation;
        }
        const auto [place, is_new] =
            places.try_emplace({row.operation, row.layer, row.implementation}, rows.size());
        if (is_new) {
            row.repeated = Repeated{};
            rows.push_back(row);
            members.emplace_back();
        }
        ProfileRow& sum = rows[place->second];
        ++sum.calls;
        sum.flops += call.flops;
        sum.bytes += call.bytes;
        if (!call.repeated) sum.repeated.reset();
        if (sum.repeated) {
            sum.repeated->tern += call.repeated->tern;
            sum.repeated->onednn += call.repeated->onednn;
        }
        members[place->second].push_back(i);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].seconds = median_seconds(members[i]);
    if (by != ProfileBy::layer) std::ranges::stable_sort(rows, std::greater(), &ProfileRow::seconds);
    return rows;
}

ProfileRow StepProfile::total() const {
    ProfileRow sum;
    std::vector<std::size_t> all(calls_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    sum.calls = static_cast<int>(calls_.size());
    sum.seconds = median_seconds(all);
    for (const Call& call : calls_) {
        sum.flops += call.flops;
        sum.bytes += call.bytes;
    }
    return sum;
}

double StepProfile::step_seconds() const {
    std::vector<double> seconds;
    for (const Step& step : steps_) seconds.push_back(step.seconds);
    return median(std::move(seconds));
}

StepProfile profile_steps(const ProfileSettings& settings) {
    const ModelInfo& info = *settings.model;
    const Device cpu = Device::cpu();
    const Dataset dataset = make_synthetic({.train_samples = settings.batch_size}, Split::train);
    const DatasetSource source(dataset, {make_normalization(info.normalization, dataset)});
    const Tensor samples = epoch_order(settings.batch_size, false, 0, 0, cpu);
    const std::unique_ptr<Module> model = make_model(info.name);
    if (settings.inference) {
        model->eval();
        const NoGrad no_grad;
        const Tensor images = source.batch(samples).input;
        StepArena arena(cpu);
        return measure(*model, settings, [&] {
            const StepArena::Scope scope(arena);
            (*model)(images);
        });
    }
    const auto optimizer = make_optimizer(FlatParameters(*model), {.epsilon = info.adam_epsilon});
    TrainingStep step(*model, *optimizer, source);
    return measure(*model, settings, [&] { step.run(samples); });
}

}  // namespace tern::bench
