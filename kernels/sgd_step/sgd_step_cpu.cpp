#include "tern/kernels/sgd_step/sgd_step.hpp"

#include "tern/core/parallel.hpp"
#include "tern/kernels/op.hpp"

namespace tern::sgd_step_passes {
namespace {

float gradient_factor(const Problem& problem) {
    return problem.inputs[4].defined() ? problem.inputs[4].data<float>()[0] : 1.0f;
}

// Memory-bound (8 to 12 bytes read per three multiply-adds): the compiler's baseline vectors are enough.
void momentum_step(const Problem& problem, std::int64_t begin, std::int64_t end) {
    const SgdParams& params = problem.params<SgdParams>();
    const auto momentum = static_cast<float>(params.momentum),
               decay = static_cast<float>(params.weight_decay);
    const float factor = gradient_factor(problem);
    const auto rate = static_cast<float>(problem.inputs[3].data<double>()[0]);
    const float *w = problem.inputs[0].data<float>(), *b = problem.inputs[1].data<float>(),
                *g = problem.inputs[2].data<float>();
    float *new_w = problem.outputs[0].data<float>(), *new_b = problem.outputs[1].data<float>();
    const float of_gradient = params.nesterov ? 1.0f : 0.0f, of_buffer = params.nesterov ? momentum : 1.0f;
    for (std::int64_t i = begin; i < end; ++i) {
        const float gradient = factor * g[i] + decay * w[i];
        const float buffer = momentum * b[i] + gradient;
        new_w[i] = w[i] - rate * (of_gradient * gradient + of_buffer * buffer);
        new_b[i] = buffer;
    }
}

void plain_step(const Problem& problem, std::int64_t begin, std::int64_t end) {
    const auto decay = static_cast<float>(problem.params<SgdParams>().weight_decay);
    const float factor = gradient_factor(problem);
    const auto rate = static_cast<float>(problem.inputs[3].data<double>()[0]);
    const float *w = problem.inputs[0].data<float>(), *g = problem.inputs[2].data<float>();
    float* new_w = problem.outputs[0].data<float>();
    for (std::int64_t i = begin; i < end; ++i) new_w[i] = w[i] - rate * (factor * g[i] + decay * w[i]);
}

}  // namespace

void step_cpu(const Problem& problem, const Stream&) {
    if (gradient_factor(problem) == 0) {
        for (std::size_t i = 0; i < problem.outputs.size(); ++i) {
            if (problem.outputs[i].defined()) problem.outputs[i].copy_from(problem.inputs[i]);
        }
        return;
    }
    const auto step = problem.inputs[1].defined() ? momentum_step : plain_step;
    parallel_for(problem.inputs[0].numel(), 1 << 15,
                 [&](std::int64_t begin, std::int64_t end) { step(problem, begin, end); });
}

}  // namespace tern::sgd_step_passes
