#include "tern/bench/dispatch_benchmarks.hpp"

#include <benchmark/benchmark.h>

#include "tern/kernels/accumulate/accumulate.hpp"
#include "tern/kernels/sgd_step/sgd_step.hpp"

namespace tern::bench {
namespace {

// Three tensors, no parameters; the usual predicate.
void call_accumulate(benchmark::State& state) {
    const Tensor sum = Tensor::zeros({0}), term = Tensor::zeros({0});
    for (auto _ : state) accumulate(sum, term);
}

// Seven tensors, of which one is left out, and parameters; a predicate of its own.
void call_sgd_step(benchmark::State& state) {
    const Tensor weights = Tensor::zeros({0}), buffer = Tensor::zeros({0}), gradient = Tensor::zeros({0});
    const Tensor learning_rate = Tensor::full({}, 0.1, DType::float64);
    const SgdParams params{.momentum = 0.9};
    for (auto _ : state) sgd_step(weights, buffer, gradient, learning_rate, params);
}

}  // namespace

void register_dispatch_benchmarks() {
    benchmark::RegisterBenchmark("dispatch/accumulate", call_accumulate);
    benchmark::RegisterBenchmark("dispatch/sgd_step", call_sgd_step);
}

}  // namespace tern::bench
