#include "tern/kernels/update_loss_scale/update_loss_scale.hpp"

#include <algorithm>
#include <cmath>

#include "tern/kernels/op.hpp"

namespace tern::update_loss_scale_passes {

void forward_ref(const Problem& problem, const Stream&) {
    const auto &in = problem.inputs, &out = problem.outputs;
    const bool finite = visit_floating(in[0].dtype(), [&gradients = in[0]]<class T>() {
        bool all = true;
        for (std::int64_t i = 0; i < gradients.numel(); ++i)
            all = all && std::isfinite(static_cast<double>(gradients.data<T>()[i]));
        return all;
    });
    const std::int64_t good_steps = in[2].data<std::int64_t>()[0] + 1;
    const bool grows = good_steps >= problem.params<LossScaleParams>().growth_interval;
    out[1].data<std::int64_t>()[0] = finite && !grows ? good_steps : 0;
    visit_floating(in[1].dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Real scale = static_cast<Real>(in[1].data<T>()[0]);
        const Real smaller = std::max(scale / 2, Real{kSmallestLossScale});
        const Real larger = std::min(2 * scale, Real{kLargestLossScale});
        out[2].data<T>()[0] = static_cast<T>(finite ? 1 / scale : 0);
        out[0].data<T>()[0] = static_cast<T>(!finite ? smaller : grows ? larger : scale);
    });
}

}  // namespace tern::update_loss_scale_passes
