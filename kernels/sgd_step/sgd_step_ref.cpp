#include "tern/kernels/sgd_step/sgd_step_passes.hpp"

namespace tern::sgd_step_passes {

void run(Ref, const Step& pass, const Stream&) {
    const SgdParams& params = pass.params;
    const double factor = pass.gradient_factor.defined() ? pass.gradient_factor.item() : 1;
    if (factor == 0) {
        pass.new_w.copy_from(pass.w);
        if (pass.buffer) pass.new_buffer.copy_from(pass.buffer);
        return;
    }
    visit_floating(pass.w.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Real rate = static_cast<Real>(pass.learning_rate.data<double>()[0]);
        const Real momentum = static_cast<Real>(params.momentum);
        for (std::int64_t i = 0; i < pass.w.numel(); ++i) {
            const Real w = static_cast<Real>(pass.w.data<T>()[i]);
            Real decay = static_cast<Real>(params.weight_decay);
            if (pass.decay_mask.defined()) decay *= static_cast<Real>(pass.decay_mask.data<T>()[i]);
            Real g = static_cast<Real>(factor) * static_cast<Real>(pass.g.data<T>()[i]) + decay * w;
            if (pass.buffer.defined()) {
                const Real buffer = momentum * static_cast<Real>(pass.buffer.data<T>()[i]) + g;
                pass.new_buffer.data<T>()[i] = static_cast<T>(buffer);
                g = params.nesterov ? g + momentum * buffer : buffer;
            }
            pass.new_w.data<T>()[i] = static_cast<T>(w - rate * g);
        }
    });
}

}  // namespace tern::sgd_step_passes
