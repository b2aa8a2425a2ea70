// tern-bench: every operation, every implementation, as a share of what the machine can do; with --profile
// the operations of one training step, with --inference how fast a model runs.
#include <cstdio>

#include <benchmark/benchmark.h>

#include "tern/apps/flags.hpp"
#include "tern/bench/device_benchmarks.hpp"
#include "tern/bench/inference_command.hpp"
#include "tern/bench/op_benchmarks.hpp"
#include "tern/bench/profile_command.hpp"
#include "tern/core/error.hpp"
#include "tern/core/file_descriptor.hpp"
#include "tern/core/parallel.hpp"

namespace {

void run_benchmarks(int argc, char** argv) {
    // First: --help and a wrong flag need no measurement.
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) std::exit(2);
    const tern::bench::Roofs roofs = tern::bench::measure_roofs();
    benchmark::AddCustomContext("threads", std::to_string(tern::num_threads()));
    benchmark::AddCustomContext("peak float32", tern::to_text(roofs.flops * 1e-9, " GFLOP/s"));
    benchmark::AddCustomContext("copy", tern::to_text(roofs.bytes * 1e-9, " GB/s read and written"));
    tern::bench::register_op_benchmarks(roofs);
    tern::bench::register_device_benchmarks();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}

int report(const std::exception& error, int status) {
    std::fprintf(stderr, "tern-bench: %s\n", error.what());
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    tern::FileDescriptor::open_standard_streams();
    try {
        if (tern::bench::asks_for_profile(argc, argv))  // first: it has a flag --inference
            tern::bench::run_profile(argc, argv);
        else if (tern::bench::asks_for_inference(argc, argv))
            tern::bench::run_inference(argc, argv);
        else
            run_benchmarks(argc, argv);
        return 0;
    } catch (const tern::apps::UsageError& error) {
        return report(error, 2);
    } catch (const std::exception& error) {
        return report(error, 1);
    }
}
