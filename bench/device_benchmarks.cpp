#include "tern/bench/device_benchmarks.hpp"

#include <algorithm>
#include <cmath>

#include <benchmark/benchmark.h>

#include "tern/bench/device_peaks.hpp"
#include "tern/core/devices/device_info.hpp"
#include "tern/core/devices/event.hpp"
#include "tern/kernels/cases/cases.hpp"

namespace tern::bench {
namespace {

constexpr int kTimings = 15;
constexpr double kTimingSeconds = 2e-3;  // events tell half a microsecond
constexpr int kFewestLaunches = 10, kMostLaunches = 2000;
constexpr std::int64_t kMostCopies = 512;

struct Facts {
    Device device;
    DevicePeaks peaks;
    std::int64_t l2_bytes;
};

struct TensorSet {
    Tensors inputs, outputs;
};

struct Run {
    const cases::PassCase* pass_case;
    const Implementation* implementation;
    DType dtype;
    bool cold;
    Facts facts;

    // What one library refuses must not end the others' measurements.
    void operator()(benchmark::State& state) const {
        try {
            run(state);
        } catch (const Error& error) {
            state.SkipWithError(error.what());
        }
    }

  private:
    void run(benchmark::State& state) const {
        const TensorSet first = make_tensors();
        std::string why_not;
        if (implementation->accepts != nullptr && !implementation->accepts(problem(first), &why_not)) {
            state.SkipWithError(why_not.c_str());
            return;
        }
        const auto bytes = static_cast<double>(problem(first).bytes());
        const std::int64_t copies =
            cold ? static_cast<std::int64_t>(std::ceil(2.0 * static_cast<double>(facts.l2_bytes) / bytes)) + 1
                 : 1;
        if (copies > kMostCopies) {
            state.SkipWithError("too small to leave the L2 cache");
            return;
        }
        std::vector<TensorSet> sets{first};
        for (std::int64_t i = 1; i < copies; ++i) sets.push_back({copy(first.inputs), copy(first.outputs)});
        measure(state, sets, bytes);
    }

    Problem problem(const TensorSet& set) const {
        return {*pass_case->pass, pass_case->params.ref(), set.inputs, set.outputs};
    }

    TensorSet make_tensors() const {
        TensorSet set;
        for (const auto& spec : pass_case->inputs)
            set.inputs.push_back(on_device(make_tensor(spec, dtype, set.inputs.size())));
        for (const auto& spec : pass_case->outputs)
            set.outputs.push_back(on_device(make_tensor(spec, dtype, 99)));
        return set;
    }
    static Tensors copy(const Tensors& tensors) {
        Tensors result;
        for (const Tensor& tensor : tensors) result.push_back(tensor.defined() ? tensor.clone() : tensor);
        return result;
    }
    Tensor on_device(const Tensor& host) const { return host.defined() ? host.to(facts.device) : host; }

    // Seconds of one launch, the mean over `launches` that turn among the sets.
    double time_launches(const std::vector<TensorSet>& sets, int launches, std::size_t& turn) const {
        const Stream stream = current_stream(facts.device);
        Event start(facts.device), end(facts.device);
        start.record(stream);
        for (int i = 0; i < launches; ++i) implementation->run(problem(sets[turn++ % sets.size()]), stream);
        end.record(stream);
        return end.seconds_since(start) / launches;
    }

    void measure(benchmark::State& state, const std::vector<TensorSet>& sets, double bytes) const {
        std::size_t turn = 0;
        time_launches(sets, static_cast<int>(std::max<std::size_t>(sets.size(), 3)), turn);  // plans, clocks
        const double guess = time_launches(sets, kFewestLaunches, turn);
        const int launches =
            std::clamp(static_cast<int>(kTimingSeconds / guess), kFewestLaunches, kMostLaunches);
        std::vector<double> times;
        for (auto _ : state) {
            times.push_back(time_launches(sets, launches, turn));
            state.SetIterationTime(times.back());
        }
        std::ranges::sort(times);
        const double median = times[times.size() / 2];
        state.counters["us"] = median * 1e6;
        state.counters["launches"] = launches;
        state.counters["GB/s"] = bytes / median * 1e-9;
        state.counters["%copy"] = 100 * bytes / median / facts.peaks.bytes;
        if (pass_case->pass->flops == nullptr) return;
        const double flops = pass_case->pass->flops(problem(sets.front()));
        const double peak = dtype == DType::float32 ? facts.peaks.flops : facts.peaks.tensor_flops;
        state.counters["GFLOP/s"] = flops / median * 1e-9;
        state.counters["%peak"] = 100 * flops / median / peak;
    }
};

void register_case(const cases::PassCase& pass_case, const Facts& facts) {
    const Pass& pass = *pass_case.pass;
    for (const Implementation& implementation : pass.implementations) {
        if (implementation.run == nullptr || implementation.device != DeviceType::cuda) continue;
        for (const DType dtype : {DType::float32, DType::bfloat16, DType::float16}) {
            for (const bool cold : {false, true}) {
                const std::string name = to_text(pass.op, '.', pass.name, '/', pass_case.name, '/',
                                                 implementation.name, '/', dtype, cold ? "/cold" : "/hot");
                benchmark::RegisterBenchmark(name.c_str(),
                                             Run{&pass_case, &implementation, dtype, cold, facts})
                    ->Unit(benchmark::kMicrosecond)
                    ->UseManualTime()
                    ->Iterations(kTimings);
            }
        }
    }
}

}  // namespace

void register_device_benchmarks() {
    if (!cuda_available()) return;
    const Device device = Device::cuda();
    check_device(device, "bench");
    const DeviceInfo info = device_info(device);
    const Facts facts{device, measure_device_peaks(device), info.l2_bytes};
    benchmark::AddCustomContext("device", info.name);
    benchmark::AddCustomContext("device copy", to_text(facts.peaks.bytes * 1e-9, " GB/s read and written"));
    benchmark::AddCustomContext("device peak float32", to_text(facts.peaks.flops * 1e-9, " GFLOP/s"));
    benchmark::AddCustomContext("device peak bfloat16", to_text(facts.peaks.tensor_flops * 1e-9, " GFLOP/s"));
    benchmark::AddCustomContext("device L2", to_text(info.l2_bytes >> 20, " MiB"));
    for (const cases::NamedCases& named : cases::all_cases()) {
        for (const cases::PassCase& pass_case : named.cases.passes) {
            if (pass_case.benchmark) register_case(pass_case, facts);
        }
    }
}

}  // namespace tern::bench
