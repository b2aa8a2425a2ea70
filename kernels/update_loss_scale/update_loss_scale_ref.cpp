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
    const float scale = in[1].data<float>()[0];
    const std::int64_t good_steps = in[2].data<std::int64_t>()[0];
    float& new_scale = out[0].data<float>()[0];
    std::int64_t& new_good_steps = out[1].data<std::int64_t>()[0];
    float& factor = out[2].data<float>()[0];
    if (!finite) {
        factor = 0;
        new_good_steps = 0;
        new_scale = std::max(scale / 2, kSmallestLossScale);
        return;
    }
    factor = 1 / scale;
    new_good_steps = good_steps + 1;
    new_scale = scale;
    if (new_good_steps >= problem.params<LossScaleParams>().growth_interval) {
        new_good_steps = 0;
        new_scale = std::min(2 * scale, kLargestLossScale);
    }
}

}  // namespace tern::update_loss_scale_passes
