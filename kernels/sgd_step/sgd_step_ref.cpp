#include "tern/kernels/sgd_step/sgd_step.hpp"

#include "tern/kernels/op.hpp"

namespace tern::sgd_step_passes {

void step_ref(const Problem& problem, const Stream&) {
    const SgdParams& params = problem.params<SgdParams>();
    const auto &in = problem.inputs, &out = problem.outputs;
    const double factor = in[4].defined() ? in[4].item() : 1;
    if (factor == 0) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (out[i].defined()) out[i].copy_from(in[i]);
        }
        return;
    }
    visit_floating(in[0].dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Real rate = static_cast<Real>(in[3].data<double>()[0]);
        const Real momentum = static_cast<Real>(params.momentum);
        for (std::int64_t i = 0; i < in[0].numel(); ++i) {
            const Real w = static_cast<Real>(in[0].data<T>()[i]);
            Real g = static_cast<Real>(factor) * static_cast<Real>(in[2].data<T>()[i]) +
                     static_cast<Real>(params.weight_decay) * w;
            if (in[1].defined()) {
                const Real buffer = momentum * static_cast<Real>(in[1].data<T>()[i]) + g;
                out[1].data<T>()[i] = static_cast<T>(buffer);
                g = params.nesterov ? g + momentum * buffer : buffer;
            }
            out[0].data<T>()[i] = static_cast<T>(w - rate * g);
        }
    });
}

}  // namespace tern::sgd_step_passes
