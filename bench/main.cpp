// tern-bench: every operation, every implementation, as a share of what the machine can do; with --profile
// the operations of one training step, with --inference how fast a model runs, with --loader how fast images are read.
#include <csignal>
#include <cstdio>
#include <iostream>

#include <benchmark/benchmark.h>

#include "tern/apps/console.hpp"
#include "tern/apps/failure.hpp"
#include "tern/apps/flags.hpp"
#include "tern/bench/device_benchmarks.hpp"
#include "tern/bench/dispatch_benchmarks.hpp"
#include "tern/bench/google_flags.hpp"
#include "tern/bench/google_run.hpp"
#include "tern/bench/inference_command.hpp"
#include "tern/bench/loader_command.hpp"
#include "tern/bench/op_benchmarks.hpp"
#include "tern/bench/profile_command.hpp"
#include "tern/core/error.hpp"
#include "tern/core/files/file_descriptor.hpp"
#include "tern/core/threads/parallel.hpp"

namespace {

void run_benchmarks(int argc, char** argv) {
    // First: --help and a wrong flag need no measurement.
    const std::optional<tern::bench::GoogleFlags> flags = tern::bench::parse_google_flags(argc, argv);
    if (!flags) return;
    const tern::bench::Peaks peaks = tern::bench::measure_peaks();
    benchmark::AddCustomContext("threads", std::to_string(tern::num_threads()));
    benchmark::AddCustomContext("peak float32", tern::to_text(peaks.flops * 1e-9, " GFLOP/s"));
    benchmark::AddCustomContext("copy", tern::to_text(peaks.bytes * 1e-9, " GB/s read and written"));
    tern::bench::register_op_benchmarks(peaks);
    tern::bench::register_dispatch_benchmarks();
    tern::bench::register_device_benchmarks();
    tern::bench::run_google(*flags);
}

void run(int argc, char** argv) {
    if (tern::bench::asks_for_profile(argc, argv))  // first: it has a flag --inference
        tern::bench::run_profile(argc, argv);
    else if (tern::bench::asks_for_inference(argc, argv))
        tern::bench::run_inference(argc, argv);
    else if (tern::bench::asks_for_loader(argc, argv))
        tern::bench::run_loader(argc, argv);
    else
        run_benchmarks(argc, argv);
    std::cout.flush();
    TERN_CHECK(std::cout && std::fflush(stdout) == 0 && std::ferror(stdout) == 0, "standard output",
               "cannot be written");
}

int report(const std::string& line, int status) {
    std::fprintf(stderr, "tern-bench: %s\n", tern::apps::one_line(line).c_str());
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    tern::FileDescriptor::open_standard_streams();
    std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of write(), not the end
    try {
        run(argc, argv);
        return 0;
    } catch (const tern::apps::UsageError& error) {
        return report(error.what(), 2);
    } catch (const std::exception& error) {
        return report(tern::apps::failure_line(error), 1);
    }
}
