#include <cmath>

#include "tern/kernels/rmsprop_step/rmsprop_step_passes.hpp"

namespace tern::rmsprop_step_passes {

void run(Ref, const Step& pass, const Stream&) {
    const RmspropParams& params = pass.params;
    const double factor = pass.gradient_factor.defined() ? pass.gradient_factor.item() : 1;
    if (factor == 0) {
        pass.new_w.copy_from(pass.w);
        pass.new_square.copy_from(pass.square);
        if (pass.buffer) pass.new_buffer.copy_from(pass.buffer);
        return;
    }
    visit_floating(pass.w.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Real rate = static_cast<Real>(pass.learning_rate.data<double>()[0]);
        const Real alpha = static_cast<Real>(params.alpha), rest = static_cast<Real>(1 - params.alpha);
        for (std::int64_t i = 0; i < pass.w.numel(); ++i) {
            const Real w = static_cast<Real>(pass.w.data<T>()[i]);
            Real decay = static_cast<Real>(params.weight_decay);
            if (pass.decay_mask.defined()) decay *= static_cast<Real>(pass.decay_mask.data<T>()[i]);
            Real g = static_cast<Real>(factor) * static_cast<Real>(pass.g.data<T>()[i]) + decay * w;
            const Real square = alpha * static_cast<Real>(pass.square.data<T>()[i]) + rest * g * g;
            pass.new_square.data<T>()[i] = static_cast<T>(square);
            g = g / (std::sqrt(square) + static_cast<Real>(params.epsilon));
            if (pass.buffer.defined()) {
                g += static_cast<Real>(params.momentum) * static_cast<Real>(pass.buffer.data<T>()[i]);
                pass.new_buffer.data<T>()[i] = static_cast<T>(g);
            }
            pass.new_w.data<T>()[i] = static_cast<T>(w - rate * g);
        }
    });
}

}  // namespace tern::rmsprop_step_passes
