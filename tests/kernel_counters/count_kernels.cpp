// Counts what the accesses of the kernels of a training step would cost on a device, and prints it as JSON. Kernels are named
// by their addresses in this program, which scripts/kernel-report looks up.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <link.h>
#include <nlohmann/json.hpp>

#include "tern/core/format.hpp"
#include "tern/data/batches.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/tests/kernel_counters/access_counts.hpp"
#include "tern/tests/step_on_host/host_device.hpp"
#include "tern/tests/step_on_host/on_host.hpp"
#include "tern/tests/step_on_host/synthetic_training.hpp"

using namespace tern;

namespace {

struct Settings {
    std::string model = "mini_xception", precision = "float32", kernels = "cuda";
    std::vector<std::string> operations;
    std::int64_t batch_size = 4, image_size = 16, blocks = 2;
};

std::uintptr_t load_address() {
    std::uintptr_t address = 0;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* to) {
            *static_cast<std::uintptr_t*>(to) = info->dlpi_addr;  // of the program, which comes first
            return 1;
        },
        &address);
    return address;
}

nlohmann::json to_json(const counters::GlobalCounts& counts) {
    return {{"requests", counts.requests}, {"sectors", counts.sectors}, {"bytes", counts.bytes}};
}
nlohmann::json to_json(const counters::SharedCounts& counts) {
    return {{"requests", counts.requests}, {"passes", counts.passes}, {"least", counts.least}};
}

nlohmann::json to_json(const std::map<const void*, counters::KernelCounts>& kernels) {
    nlohmann::json all = nlohmann::json::array();
    for (const auto& [kernel, own] : kernels) {
        all.push_back({{"address", reinterpret_cast<std::uintptr_t>(kernel) - load_address()},
                       {"launches", own.launches},
                       {"blocks", own.blocks},
                       {"threads", own.threads},
                       {"shared_bytes", own.shared_bytes},
                       {"counted_blocks", own.counted_blocks},
                       {"barriers", own.barriers},
                       {"loads", to_json(own.loads)},
                       {"stores", to_json(own.stores)},
                       {"shared_loads", to_json(own.shared_loads)},
                       {"shared_stores", to_json(own.shared_stores)},
                       {"atomics", own.atomics}});
    }
    return all;
}

nlohmann::json pass_to_json(const Problem& problem, std::string_view implementation, double flops,
                            const counters::AccessCounts& counts) {
    return {{"operation", problem.pass.op},
            {"pass", problem.pass.name},
            {"implementation", implementation},
            {"bytes", problem.bytes()},
            {"flops", flops},
            {"kernels", to_json(counts.kernels())}};
}

// Only blocks that are counted run, so the numbers are none; what a step does depends on none of them.
nlohmann::json count_step(const Settings& settings) {
    // The first step records the arena, the second allocates its memory.
    constexpr int kSteps = 3;
    const KernelPolicyScope policy(KernelPolicy::parse(settings.kernels));
    bool counted = false;
    nlohmann::json passes = nlohmann::json::array();
    const RunHook hook(
        [&](const Problem& problem, const Implementation& implementation, const Stream& stream) {
            if (implementation.device != DeviceType::cuda) return implementation.run(problem, stream);
            const test::HostPass& host = test::find_host_pass(problem.pass, implementation.name);
            if (!counted) return host.run(problem, stream);
            const counters::AccessCounts counts(test::on_device, settings.blocks, true);
            host.run(problem, stream);
            const auto flops = problem.pass.flops;
            passes.push_back(
                pass_to_json(problem, implementation.name, flops != nullptr ? flops(problem) : 0, counts));
        });
    const test::SyntheticTraining training({.model = settings.model,
                                            .precision = parse_dtype(settings.precision),
                                            .samples = settings.batch_size * kSteps,
                                            .image_size = settings.image_size});
    const Batches order(epoch_order(training.source->size(), true, 9, 0, Device::cuda()),
                        settings.batch_size);
    counted = true;
    for (int i = 0; i < kSteps; ++i) {
        passes.clear();
        training.step->run(order[i]);
    }
    return passes;
}

Tensors tensors_of(const std::vector<cases::TensorSpec>& specs, DType dtype) {
    Tensors all;
    for (const cases::TensorSpec& spec : specs)
        all.push_back(spec.defined ? make_tensor(spec, dtype, all.size()).to(Device::cuda()) : Tensor());
    return all;
}

// Only blocks that are counted run, so the results are none.
nlohmann::json count_cases(const Settings& settings) {
    const DType precision = parse_dtype(settings.precision);
    nlohmann::json all = nlohmann::json::array();
    for (const cases::NamedCases& named : cases::all_cases()) {
        const auto& wanted = settings.operations;
        if (!wanted.empty() && std::ranges::find(wanted, named.op->name) == wanted.end()) continue;
        for (const cases::PassCase& pass_case : named.cases.passes) {
            if (!pass_case.benchmark) continue;
            for (const test::HostPass& host : test::host_passes()) {
                if (host.pass != pass_case.pass) continue;
                const Tensors inputs = tensors_of(pass_case.inputs, precision),
                              outputs = tensors_of(pass_case.outputs, precision);
                const Problem problem{*pass_case.pass, pass_case.params.ref(), inputs, outputs};
                if (host.accepts != nullptr && !host.accepts(problem, nullptr)) continue;
                counters::AccessCounts counts(test::on_device, settings.blocks, true);
                host.run(problem, current_stream(Device::cuda()));
                nlohmann::json one =
                    pass_to_json(problem, host.implementation, cases::flops_of(pass_case), counts);
                one["case"] = pass_case.name;
                one["precision"] = settings.precision;
                all.push_back(std::move(one));
            }
        }
    }
    return all;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("What the accesses of kernels cost on a device, counted on the host");
    app.require_subcommand(1);
    CLI::App& step = *app.add_subcommand("step", "the kernels of a training step");
    CLI::App& cases = *app.add_subcommand("cases", "those of the cases that tern-bench times");
    step.add_option("--model", settings.model)->capture_default_str();
    step.add_option("--kernels", settings.kernels, "policy")->capture_default_str();
    step.add_option("--batch-size", settings.batch_size)->capture_default_str()->check(CLI::PositiveNumber);
    step.add_option("--image-size", settings.image_size)->capture_default_str()->check(CLI::PositiveNumber);
    cases.add_option("--operation", settings.operations, "all where none is named");
    for (CLI::App* command : {&step, &cases}) {
        command->add_option("--precision", settings.precision)->capture_default_str();
        command->add_option("--blocks", settings.blocks, "of a grid, at most, that are looked at")
            ->capture_default_str()
            ->check(CLI::PositiveNumber);
    }
    CLI11_PARSE(app, argc, argv);
    try {
        std::cout << (step.parsed() ? count_step(settings) : count_cases(settings)).dump(1) << '\n';
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tern-count-kernels: %s\n", error.what());
        return 1;
    }
}
