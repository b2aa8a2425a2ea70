#include "tern/kernels/adam_step/adam_step.hpp"

#include <cmath>

#include "tern/kernels/op.hpp"

namespace tern::adam_step_passes {

void step_ref(const Problem& problem, const Stream&) {
    const AdamParams& params = problem.params<AdamParams>();
    const auto &in = problem.inputs, &out = problem.outputs;
    const double factor = in[6].defined() ? in[6].item() : 1;
    if (factor == 0) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i].copy_from(in[i]);
        return;
    }
    const std::int64_t t = in[3].data<std::int64_t>()[0] + 1;
    const double rate = in[5].data<double>()[0];
    const double correction1 = 1 - std::pow(params.beta1, static_cast<double>(t));
    const double correction2 = 1 - std::pow(params.beta2, static_cast<double>(t));
    visit_floating(in[0].dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t i = 0; i < in[0].numel(); ++i) {
            Real w = static_cast<Real>(in[0].data<T>()[i]), m = static_cast<Real>(in[1].data<T>()[i]),
                 v = static_cast<Real>(in[2].data<T>()[i]), g = static_cast<Real>(in[4].data<T>()[i]);
            g = static_cast<Real>(factor) * g;
            if (params.decoupled)
                w = w * static_cast<Real>(1 - rate * params.weight_decay);
            else
                g = g + static_cast<Real>(params.weight_decay) * w;
            m = m + static_cast<Real>(1 - params.beta1) * (g - m);
            v = static_cast<Real>(params.beta2) * v + static_cast<Real>(1 - params.beta2) * g * g;
            const Real denominator =
                std::sqrt(v) / static_cast<Real>(std::sqrt(correction2)) + static_cast<Real>(params.epsilon);
            w = w - static_cast<Real>(rate / correction1) * m / denominator;
            out[0].data<T>()[i] = static_cast<T>(w);
            out[1].data<T>()[i] = static_cast<T>(m);
            out[2].data<T>()[i] = static_cast<T>(v);
        }
    });
    out[3].data<std::int64_t>()[0] = t;
}

}  // namespace tern::adam_step_passes
