#include "tern/bench/op_benchmarks.hpp"

#include <chrono>

#include <benchmark/benchmark.h>

#include "tern/bench/onednn.hpp"
#include "tern/kernels/cases/conformance.hpp"

namespace tern::bench {
namespace {

// A case's tensors.
struct TimedCase {
    const cases::PassCase* pass_case;
    Peaks peaks;
    Tensors inputs = {}, outputs = {};

    Problem make_problem() {
        inputs = cases::make_inputs(*pass_case, DType::float32, 0);
        for (const auto& spec : pass_case->outputs) outputs.push_back(make_tensor(spec, DType::float32, 99));
        return {*pass_case->pass, pass_case->params.ref(), inputs, outputs};
    }

    template <class F>
    void time(benchmark::State& state, const Problem& problem, F run) const {
        const auto bytes = static_cast<double>(problem.bytes());
        // Timed here too: a rate of Google Benchmark is printed "per second", a share of a peak is not.
        const auto start = std::chrono::steady_clock::now();
        for (auto _ : state) {
            run();
            benchmark::ClobberMemory();
        }
        const std::chrono::duration<double> total = std::chrono::steady_clock::now() - start;
        const double runs_per_second = static_cast<double>(state.iterations()) / total.count();
        state.counters["GB/s"] = bytes * runs_per_second * 1e-9;
        state.counters["%copy"] = 100 * bytes * runs_per_second / peaks.bytes;
        if (problem.pass.flops != nullptr) {
            const double flops = problem.pass.flops(problem);
            state.counters["GFLOP/s"] = flops * runs_per_second * 1e-9;
            state.counters["%peak"] = 100 * flops * runs_per_second / peaks.flops;
        }
    }
};

void time_implementation(benchmark::State& state, TimedCase row, const Implementation& implementation) {
    const Problem problem = row.make_problem();
    std::string why_not;
    if (implementation.accepts != nullptr && !implementation.accepts(problem, &why_not)) {
        state.SkipWithError(why_not.c_str());
        return;
    }
    const Stream stream = current_stream(problem.device());
    row.time(state, problem, [&] { implementation.run(problem, stream); });
}

// A peer is only one if it does the same: its result is held to the bounds of the tests first.
void time_onednn(benchmark::State& state, TimedCase row) {
    const Problem problem = row.make_problem();
    const std::function<void()> call = onednn_call(problem);
    if (!call) {
        state.SkipWithError("oneDNN does not have this");
        return;
    }
    const std::string wrong = compare_with_ref(*row.pass_case, row.inputs, row.outputs);
    if (!wrong.empty()) {
        state.SkipWithError(to_text("oneDNN gives something else: ", wrong).c_str());
        return;
    }
    row.time(state, problem, call);
}

template <class F>
void register_case(const TimedCase& row, std::string_view implementation, F function) {
    const Pass& pass = *row.pass_case->pass;
    const std::string name = to_text(pass.op, '.', pass.name, '/', row.pass_case->name, '/', implementation);
    benchmark::RegisterBenchmark(name.c_str(), function)->Unit(benchmark::kMicrosecond)->UseRealTime();
}

}  // namespace

void register_op_benchmarks(const Peaks& peaks) {
    for (const cases::NamedCases& named : cases::all_cases()) {
        for (const cases::PassCase& pass_case : named.cases.passes) {
            if (!pass_case.benchmark) continue;
            const TimedCase row{&pass_case, peaks};
            const Pass& pass = *pass_case.pass;
            for (const Implementation& implementation : pass.implementations) {
                if (implementation.run == nullptr || implementation.device != DeviceType::cpu) continue;
                register_case(row, implementation.name, [=](benchmark::State& state) {
                    time_implementation(state, row, implementation);
                });
            }
            if (onednn_has(pass))
                register_case(row, "onednn", [=](benchmark::State& state) { time_onednn(state, row); });
        }
    }
}

}  // namespace tern::bench
