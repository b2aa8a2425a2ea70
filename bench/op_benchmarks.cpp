#include "tern/bench/op_benchmarks.hpp"

#include <chrono>

#include <benchmark/benchmark.h>

#include "tern/kernels/cases/cases.hpp"

namespace tern::bench {
namespace {

struct Run {
    const Pass* pass;
    const cases::PassCase* pass_case;
    const Implementation* implementation;
    Roofs roofs;

    void operator()(benchmark::State& state) const {
        Tensors inputs, outputs;
        for (const auto& spec : pass_case->inputs)
            inputs.push_back(make_tensor(spec, DType::float32, inputs.size()));
        for (const auto& spec : pass_case->outputs) outputs.push_back(make_tensor(spec, DType::float32, 99));
        const Problem problem{*pass, pass_case->params.ref(), inputs, outputs};
        const auto bytes = static_cast<double>(problem.bytes());
        std::string why_not;
        if (implementation->accepts != nullptr && !implementation->accepts(problem, &why_not)) {
            state.SkipWithError(why_not.c_str());
            return;
        }
        const Stream stream = current_stream(problem.device());
        // Timed here too: a rate of Google Benchmark is printed "per second", a share of a roof is not.
        const auto start = std::chrono::steady_clock::now();
        for (auto _ : state) {
            implementation->run(problem, stream);
            benchmark::ClobberMemory();
        }
        const std::chrono::duration<double> total = std::chrono::steady_clock::now() - start;
        const double runs_per_second = static_cast<double>(state.iterations()) / total.count();
        state.counters["GB/s"] = bytes * runs_per_second * 1e-9;
        state.counters["%copy"] = 100 * bytes * runs_per_second / roofs.bytes;
        if (pass->flops != nullptr) {
            const double flops = pass->flops(problem);
            state.counters["GFLOP/s"] = flops * runs_per_second * 1e-9;
            state.counters["%peak"] = 100 * flops * runs_per_second / roofs.flops;
        }
    }
};

}  // namespace

void register_op_benchmarks(const Roofs& roofs) {
    for (const cases::NamedCases& named : cases::all_cases()) {
        for (const cases::PassCase& pass_case : named.cases.passes) {
            if (!pass_case.benchmark) continue;
            const Pass& pass = named.op->pass(pass_case.pass);
            for (const Implementation& implementation : pass.implementations) {
                if (implementation.run == nullptr ||
                    device_type_of(implementation.backend) != DeviceType::cpu)
                    continue;
                const std::string name = to_text(named.op->name, '.', pass.name, '/', pass_case.name, '/',
                                                 name_of(implementation.backend));
                benchmark::RegisterBenchmark(name.c_str(), Run{&pass, &pass_case, &implementation, roofs})
                    ->Unit(benchmark::kMicrosecond)
                    ->UseRealTime();
            }
        }
    }
}

}  // namespace tern::bench
