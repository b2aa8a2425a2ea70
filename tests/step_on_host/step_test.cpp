// Whole training steps with our CUDA kernels, run on the host.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "tern/data/batches.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/host_run/runner/run_grid.hpp"
#include "tern/tests/kernels_on_host/host_passes.hpp"
#include "tern/tests/step_on_host/host_device.hpp"
#include "tern/training/training_step.hpp"

using namespace tern;

namespace {

constexpr std::int64_t kBatch = 4, kSize = 8;
constexpr int kSteps = 3;  // the first records the arena, the second allocates its slab

const test::HostPass& host_pass(const Pass& pass, std::string_view implementation) {
    const auto passes = test::host_passes();
    const auto found = std::ranges::find_if(passes, [&](const test::HostPass& own) {
        return own.pass == &pass && own.implementation == implementation;
    });
    TERN_CHECK(found != passes.end(), pass.op, implementation, " of ", pass.name, " is no kernel of ours");
    return *found;
}

/// What a step does on the device.
struct StepCounts {
    std::int64_t launches = 0;  // of our kernels
    std::int64_t passes = 0;
    std::int64_t bytes = 0;  // of the tensors that passes read and write
    test::DeviceCounts device;
    std::map<std::string, std::int64_t> by_pass;  // launches
};

test::DeviceCounts operator-(const test::DeviceCounts& a, const test::DeviceCounts& b) {
    return {a.allocations - b.allocations, a.synchronizations - b.synchronizations,
            a.host_reads - b.host_reads,   a.uploads - b.uploads,
            a.copies - b.copies,           a.fills - b.fills};
}

std::int64_t bytes_of(std::span<const Tensor> tensors) {
    std::int64_t bytes = 0;
    for (const Tensor& tensor : tensors)
        if (tensor.defined()) bytes += static_cast<std::int64_t>(tensor.bytes());
    return bytes;
}

struct Outcome {
    std::vector<double> losses;
    std::vector<std::vector<double>> state;
    std::vector<StepCounts> steps;
};

std::vector<double> values(const Tensor& tensor) { return cases::to_doubles(tensor.to(Device::cpu())); }

Outcome train(std::string_view name, DType precision, Device device) {
    StepCounts counts;
    const RunHook hook(
        [&](const Problem& problem, const Implementation& implementation, const Stream& stream) {
            if (implementation.device != DeviceType::cuda) return implementation.run(problem, stream);
            const std::int64_t before = host_run::launches();
            host_pass(problem.pass, implementation.name).run(problem, stream);
            const std::int64_t launches = host_run::launches() - before;
            counts.launches += launches;
            counts.passes += 1;
            counts.bytes += bytes_of(problem.inputs) + bytes_of(problem.outputs);
            counts.by_pass[to_text(problem.pass.op, '.', problem.pass.name)] += launches;
        });
    const Dataset set = make_synthetic({.seed = 3, .train_samples = kBatch * kSteps}, Split::train);
    const ModelInfo& info = find_model(name);
    const std::unique_ptr<Module> model = make_model(name, {.seed = 1});
    model->to(compute_dtype(precision));
    model->to(device);
    model->train();
    const DatasetSource source(set, {.normalization = make_normalization(info.normalization, set),
                                     .precision = precision,
                                     .device = device,
                                     .early_epochs = 1,
                                     .early_size = kSize});
    const auto optimizer = make_optimizer(FlatParameters(*model), {.name = "adam", .learning_rate = 1e-3});
    TrainingStep step(*model, *optimizer, source, {.loss_capacity = kSteps});
    const Batches order(epoch_order(source.size(), true, 9, 0, device), kBatch);
    Outcome outcome;
    for (int i = 0; i < kSteps; ++i) {
        counts = {};
        const test::DeviceCounts before = test::device_counts();
        step.run(order[i]);
        counts.device = test::device_counts() - before;
        outcome.steps.push_back(counts);
    }
    outcome.losses = step.take_losses();
    for (const NamedTensor& tensor : model->state()) outcome.state.push_back(values(tensor.tensor));
    return outcome;
}

struct Expected {
    const char* model;
    DType precision;
    std::int64_t launches, passes;  // of a step with our own kernels
};

// Fewer are an improvement to be written down here.
constexpr Expected kExpected[] = {{"mini_xception", DType::float32, 280, 200},
                                  {"mini_xception", DType::bfloat16, 356, 276},
                                  {"mini_xception_dense", DType::float32, 174, 104},
                                  {"mini_xception_dense", DType::bfloat16, 210, 140}};

}  // namespace

TEST_CASE("a step on the device allocates nothing, waits for nothing, and is the same work every time") {
    const KernelPolicyScope policy(KernelPolicy::parse("cuda"));
    for (const Expected& expected : kExpected) {
        INFO(expected.model << ", " << name_of(expected.precision));
        const Outcome outcome = train(expected.model, expected.precision, Device::cuda());
        for (int i = 1; i < kSteps; ++i) {
            INFO("step " << i);
            const StepCounts& step = outcome.steps[static_cast<std::size_t>(i)];
            CHECK(step.device.allocations == (i == 1 ? 1 : 0));
            CHECK(step.device.synchronizations == 0);
            CHECK(step.device.host_reads == 0);
            CHECK(step.device.uploads == 0);
            CHECK(step.launches == expected.launches);
            CHECK(step.passes == expected.passes);
        }
        // Another order of blocks and threads.
        const host_run::ScopedSeed seed(7);
        const Outcome again = train(expected.model, expected.precision, Device::cuda());
        CHECK(outcome.losses == again.losses);
        CHECK(outcome.state == again.state);
        // The bounds of tests/device/training_test.cpp.
        const Outcome cpu = train(expected.model, DType::float32, Device::cpu());
        const double bound = expected.precision == DType::float32 ? 5e-3 : 0.05;
        for (std::size_t i = 0; i < cpu.losses.size(); ++i)
            CHECK(std::fabs(outcome.losses[i] - cpu.losses[i]) <= bound * cpu.losses[i]);
    }
}

TEST_CASE("what a step does", "[.counts]") {
    const KernelPolicyScope policy(KernelPolicy::parse("cuda"));
    for (const Expected& expected : kExpected) {
        const StepCounts step = train(expected.model, expected.precision, Device::cuda()).steps.back();
        std::printf(
            "%s, %s: %ld launches, %ld fills, %ld copies, %.2f MB of tensors for an image of %ld x %ld\n",
            expected.model, std::string(name_of(expected.precision)).c_str(),
            static_cast<long>(step.launches), static_cast<long>(step.device.fills),
            static_cast<long>(step.device.copies), static_cast<double>(step.bytes) / kBatch * 1e-6,
            static_cast<long>(kSize), static_cast<long>(kSize));
        for (const auto& [pass, launches] : step.by_pass)
            std::printf("%6ld %s\n", static_cast<long>(launches), pass.c_str());
    }
}
