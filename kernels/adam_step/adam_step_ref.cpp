#include <cmath>

#include "tern/kernels/adam_step/adam_step_passes.hpp"

namespace tern::adam_step_passes {

void run(Ref, const Step& pass, const Stream&) {
    const AdamParams& params = pass.params;
    const double factor = pass.gradient_factor.defined() ? pass.gradient_factor.item() : 1;
    if (factor == 0) {
        pass.new_w.copy_from(pass.w);
        pass.new_m.copy_from(pass.m);
        pass.new_v.copy_from(pass.v);
        pass.new_step.copy_from(pass.step);
        return;
    }
    const std::int64_t t = pass.step.data<std::int64_t>()[0] + 1;
    const double rate = pass.learning_rate.data<double>()[0];
    const double correction1 = 1 - std::pow(params.beta1, static_cast<double>(t));
    const double correction2 = 1 - std::pow(params.beta2, static_cast<double>(t));
    visit_floating(pass.w.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t i = 0; i < pass.w.numel(); ++i) {
            Real w = static_cast<Real>(pass.w.data<T>()[i]), m = static_cast<Real>(pass.m.data<T>()[i]),
                 v = static_cast<Real>(pass.v.data<T>()[i]), g = static_cast<Real>(pass.g.data<T>()[i]);
            g = static_cast<Real>(factor) * g;
            double decay = params.weight_decay;
            if (pass.decay_mask.defined()) decay *= static_cast<double>(pass.decay_mask.data<T>()[i]);
            if (params.decoupled)
                w = w * static_cast<Real>(1 - rate * decay);
            else
                g = g + static_cast<Real>(decay) * w;
            m = m + static_cast<Real>(1 - params.beta1) * (g - m);
            v = static_cast<Real>(params.beta2) * v + static_cast<Real>(1 - params.beta2) * g * g;
            const Real denominator =
                std::sqrt(v) / static_cast<Real>(std::sqrt(correction2)) + static_cast<Real>(params.epsilon);
            w = w - static_cast<Real>(rate / correction1) * m / denominator;
            pass.new_w.data<T>()[i] = static_cast<T>(w);
            pass.new_m.data<T>()[i] = static_cast<T>(m);
            pass.new_v.data<T>()[i] = static_cast<T>(v);
        }
    });
    pass.new_step.data<std::int64_t>()[0] = t;
}

}  // namespace tern::adam_step_passes
