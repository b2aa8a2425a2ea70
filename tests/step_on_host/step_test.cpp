// Whole training steps with our CUDA kernels, run on the host.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

#include "tern/core/cuda/last_block.hpp"
#include "tern/core/devices/device_graph.hpp"
#include "tern/data/batches.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/update_statistics/update_statistics.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/host_run/runner/run_grid.hpp"
#include "tern/tests/step_on_host/host_device.hpp"
#include "tern/tests/step_on_host/on_host.hpp"
#include "tern/tests/step_on_host/synthetic_training.hpp"
#include "tern/tests/training/recorded_steps.hpp"
#include "tern/training/evaluation.hpp"
#include "tern/training/training_step.hpp"

using namespace tern;

namespace {

constexpr std::int64_t kBatch = 4, kSize = 8;
// The first records the arena, the second allocates its slab, the third is recorded where a graph is asked for.
constexpr int kSteps = 4;

/// What a step does on the device.
struct StepCounts {
    std::int64_t launches = 0;  // of our kernels
    std::int64_t passes = 0;
    test::DeviceCounts device;
    std::map<std::string, std::int64_t> by_pass;  // launches
};

test::DeviceCounts operator-(const test::DeviceCounts& a, const test::DeviceCounts& b) {
    return {a.allocations - b.allocations,
            a.synchronizations - b.synchronizations,
            a.host_reads - b.host_reads,
            a.uploads - b.uploads,
            a.copies - b.copies,
            a.fills - b.fills,
            a.graphs - b.graphs};
}

std::int64_t bytes_of(std::span<const Tensor> tensors) {
    std::int64_t bytes = 0;
    for (const Tensor& tensor : tensors)
        if (tensor.defined()) bytes += static_cast<std::int64_t>(tensor.bytes());
    return bytes;
}

struct Outcome {
    std::uint32_t changes = 0;  // of the parameters, as their storage counts them, in the last step
    std::vector<double> losses;
    std::vector<std::vector<double>> state;
    std::vector<StepCounts> steps;
};

std::vector<double> values(const Tensor& tensor) { return cases::to_doubles(tensor.to(Device::cpu())); }

// What kernels get and give at the size of the images that a model is for; none of them runs.
std::int64_t bytes_of_step(std::string_view name, DType precision, std::int64_t batch_size) {
    std::int64_t bytes = 0;
    const RunHook hook(
        [&](const Problem& problem, const Implementation& implementation, const Stream& stream) {
            if (implementation.device != DeviceType::cuda) return implementation.run(problem, stream);
            bytes += bytes_of(problem.inputs) + bytes_of(problem.outputs);
        });
    const test::SyntheticTraining training({.model = name, .precision = precision, .samples = batch_size});
    bytes = 0;
    training.step->run(Tensor::zeros({batch_size}, DType::int64, Device::cuda()));
    return bytes;
}

Outcome train(std::string_view name, DType precision, Device device, bool graph = false) {
    StepCounts counts;
    const RunHook hook = test::on_host([&](const Problem& problem, std::int64_t launches) {
        counts.passes += 1;
        counts.by_pass[to_text(problem.pass.op, '.', problem.pass.name)] += launches;
    });
    const test::SyntheticTraining training({.model = name,
                                            .precision = precision,
                                            .device = device,
                                            .samples = kBatch * kSteps,
                                            .image_size = kSize,
                                            .graph = graph});
    TrainingStep& step = *training.step;
    const Storage& parameters = *training.optimizer->parameters().values().storage();
    const Batches order(epoch_order(training.source->size(), true, 9, 0, device), kBatch);
    Outcome outcome;
    for (int i = 0; i < kSteps; ++i) {
        counts = {};
        const test::DeviceCounts before = test::device_counts();
        const std::int64_t launches = host_run::launches();
        const std::uint32_t version = parameters.version();
        step.run(order[i]);
        outcome.changes = parameters.version() - version;
        counts.device = test::device_counts() - before;
        counts.launches = host_run::launches() - launches;
        outcome.steps.push_back(counts);
    }
    outcome.losses = step.take_losses();
    for (const NamedTensor& tensor : training.model->state()) outcome.state.push_back(values(tensor.tensor));
    return outcome;
}

constexpr std::int64_t kLoadPasses = 2;  // index_select and prepare_images, which are not in the graph

constexpr const char* kOwn = "cuda";
constexpr const char* kFused = "cuda,normalize_max_pool2d=cuda,separable_conv2d=cuda";
constexpr const char* kFusedMma = "cuda,normalize_max_pool2d=cuda,separable_conv2d=cuda_mma";

struct Expected {
    const char* model;
    DType precision;
    const char* policy;
    std::int64_t launches, passes;  // of a step
    std::int64_t launches_merged;   // where last blocks merge what blocks have summed

    std::string title() const { return to_text(model, ", ", name_of(precision), ", ", policy); }
};

// Fewer are an improvement to be written down here.
constexpr Expected kExpected[] = {{"mini_xception", DType::float32, kOwn, 182, 114, 152},
                                  {"mini_xception", DType::bfloat16, kOwn, 183, 115, 153},
                                  {"mini_xception", DType::float32, kFused, 90, 51, 59},
                                  {"mini_xception", DType::bfloat16, kFused, 91, 52, 60},
                                  {"mini_xception", DType::bfloat16, kFusedMma, 91, 52, 60},
                                  {"mini_xception_dense", DType::float32, kOwn, 116, 54, 86},
                                  {"mini_xception_dense", DType::bfloat16, kOwn, 117, 55, 87}};

}  // namespace

TEST_CASE("a step on the device allocates nothing, waits for nothing, and is the same work every time") {
    for (const Expected& expected : kExpected) {
        const KernelPolicyScope policy(KernelPolicy::parse(expected.policy));
        INFO(expected.title());
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
        // Another order of blocks and threads, merged by last blocks, and as a graph.
        const host_run::ScopedSeed seed(7);
        const cuda::LastBlockScope last_block(true);
        const Outcome again = train(expected.model, expected.precision, Device::cuda(), true);
        CHECK(outcome.losses == again.losses);
        CHECK(outcome.state == again.state);
        CHECK(outcome.changes > 0);
        CHECK(again.changes > 0);
        const StepCounts& replayed = again.steps.back();
        CHECK(replayed.device.graphs == 1);
        CHECK(replayed.launches == expected.launches_merged);
        CHECK(replayed.passes == kLoadPasses);
        CHECK(replayed.device.allocations == 0);
        CHECK(replayed.device.synchronizations == 0);
        CHECK(replayed.device.host_reads == 0);
        CHECK(replayed.device.uploads == 0);
        // The bounds of tests/device/training_test.cpp.
        const KernelPolicyScope of_cpu(KernelPolicy::parse("auto"));
        const Outcome cpu = train(expected.model, DType::float32, Device::cpu());
        const double bound = expected.precision == DType::float32 ? 5e-3 : 0.05;
        for (std::size_t i = 0; i < cpu.losses.size(); ++i)
            CHECK(std::fabs(outcome.losses[i] - cpu.losses[i]) <= bound * cpu.losses[i]);
    }
}

TEST_CASE("a graph of a step has the bits of the step, whatever changes between steps") {
    const KernelPolicyScope policy(KernelPolicy::parse("cuda"));
    const RunHook hook = test::on_host();
    for (const auto& [settings, precision] : test::kStepsToRecord) {
        INFO(settings.name << ", " << name_of(precision));
        const std::int64_t before = test::device_counts().graphs;
        const test::RecordedSteps direct(settings, precision, false);
        CHECK(test::device_counts().graphs == before);
        const test::RecordedSteps graph(settings, precision, true);
        CHECK(test::device_counts().graphs == before + 2 + 3 + 3);
        CHECK(direct.losses.size() == 14);
        CHECK(graph.losses == direct.losses);
        CHECK(graph.state == direct.state);
    }
}

TEST_CASE("an evaluation of graphs has the bits of one without") {
    const KernelPolicyScope policy(KernelPolicy::parse("cuda"));
    const RunHook hook = test::on_host();
    for (const DType precision : {DType::float32, DType::bfloat16}) {
        test::RecordedSteps trained({.name = "adam", .learning_rate = 0.01}, precision, false);
        const DatasetSource source(make_synthetic(test::kSmallSet, Split::test),
                                   {.normalization = fixed_normalization("unit", 3),
                                    .precision = precision,
                                    .device = Device::cuda()});
        std::vector<std::vector<double>> told;
        const auto run = [&](bool graph) {
            told.clear();
            return evaluate(
                trained.network, source,
                {.batch_size = 8,
                 .confusion = true,
                 .keep_outputs = true,
                 .after_batch = [&](const Tensor& output, const Tensor&) { told.push_back(values(output)); },
                 .graph = graph});
        };
        const Evaluation direct = run(false);
        const std::vector<std::vector<double>> outputs = told;
        const std::int64_t before = test::device_counts().graphs;
        const Evaluation graph = run(true);
        CHECK(test::device_counts().graphs == before + 4);  // of 6 whole batches; two images are left
        CHECK(graph.totals.samples == 50);
        CHECK(graph.totals.loss == direct.totals.loss);
        CHECK(graph.totals.metric("accuracy") == direct.totals.metric("accuracy"));
        CHECK(values(graph.confusion) == values(direct.confusion));
        CHECK(values(graph.outputs) == values(direct.outputs));
        CHECK(told == outputs);
    }
}

TEST_CASE("what cannot be in a graph is refused") {
    const KernelPolicyScope policy(KernelPolicy::parse("cuda"));
    const RunHook hook = test::on_host();
    CHECK_THROWS_WITH(test::RecordedSteps({.name = "adam"}, DType::float32, true, true),
                      "[train] dropout draws by numbers of the host, which a graph does not change");
    CHECK_NOTHROW(test::RecordedSteps({.name = "adam"}, DType::float32, false, true));
    const Tensor device = Tensor::zeros({4}, DType::float32, Device::cuda());
    const Tensor host = Tensor::zeros({4});
    CHECK_THROWS_WITH(DeviceGraph(Device::cuda(), [&] { device.to(Device::cpu()); }),
                      "[graph] a read by the host cannot be recorded");
    CHECK_THROWS_WITH(DeviceGraph(Device::cuda(), [&] { device.copy_from(host); }),
                      "[graph] an upload cannot be recorded");
    CHECK_THROWS_WITH(
        DeviceGraph(Device::cuda(), [&] { Tensor::zeros({4}, DType::float32, Device::cuda()); }),
        "[graph] an allocation cannot be recorded");
    CHECK_THROWS_WITH(DeviceGraph(Device::cuda(), [] { current_stream(Device::cuda()).synchronize(); }),
                      "[graph] a wait cannot be recorded");
    CHECK_THROWS_WITH(DeviceGraph(Device::cuda(), [] { const DeviceGraph inner(Device::cuda(), [] {}); }),
                      "[graph] another graph cannot be recorded");
    StepArena arena(Device::cuda());
    CHECK_THROWS_WITH(DeviceGraph(Device::cuda(), [&] { const StepArena::Scope scope(arena); }),
                      "[graph] the first step of an arena cannot be recorded");
    CHECK_THROWS_WITH(DeviceGraph(Device::cpu(), [] {}),
                      "[DeviceGraph] records work of CUDA devices, got cpu");
    device.fill_zero();  // what was given up leaves nothing behind
    CHECK(test::device_counts().fills > 0);
}

TEST_CASE("a batch norm that ran twice in a step renews its statistics twice") {
    const KernelPolicyScope policy(KernelPolicy::parse("cuda"));
    const RunHook hook = test::on_host();
    const host_run::ScopedSeed last_block_first(1);  // of a launch
    const auto renewed = [](bool at_once) {
        const auto on_device = [](double value, DType dtype = DType::float32) {
            return Tensor::full({3}, value, dtype, Device::cuda());
        };
        StatisticsUpdate first{on_device(0), on_device(1), Tensor::zeros({}, DType::int64, Device::cuda()),
                               on_device(4), on_device(9), {0.25, 10}};
        StatisticsUpdate second = first, other = first;
        second.mean = on_device(8);
        other.running_mean = on_device(0);
        other.running_variance = on_device(1);
        other.batches = Tensor::zeros({}, DType::int64, Device::cuda());
        if (at_once)
            update_statistics({first, other, second});
        else
            for (const StatisticsUpdate& update : {first, other, second}) update_statistics({update});
        CHECK(values(first.batches) == std::vector<double>{2});
        return std::vector{values(first.running_mean), values(first.running_variance),
                           values(other.running_mean)};
    };
    CHECK(renewed(true) == renewed(false));
    CHECK(renewed(true)[0] == std::vector<double>(3, 0.75 * 1 + 2));
}

TEST_CASE("what a step does", "[.counts]") {
    for (const Expected& expected : kExpected) {
        const KernelPolicyScope policy(KernelPolicy::parse(expected.policy));
        const StepCounts step = train(expected.model, expected.precision, Device::cuda()).steps.back();
        // Of an image more: what depends on none, as parameters do, falls out.
        constexpr std::int64_t kImages = 4;
        const std::int64_t more = bytes_of_step(expected.model, expected.precision, 2 * kImages) -
                                  bytes_of_step(expected.model, expected.precision, kImages);
        std::printf("%s: %ld launches, %ld fills, %ld copies, %.1f MB of tensors for an image\n",
                    expected.title().c_str(), static_cast<long>(step.launches),
                    static_cast<long>(step.device.fills), static_cast<long>(step.device.copies),
                    static_cast<double>(more) / kImages * 1e-6);
        for (const auto& [pass, launches] : step.by_pass)
            std::printf("%6ld %s\n", static_cast<long>(launches), pass.c_str());
    }
}
