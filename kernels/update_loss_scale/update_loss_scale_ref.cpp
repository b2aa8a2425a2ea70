#include <algorithm>
#include <cmath>

#include "tern/kernels/update_loss_scale/update_loss_scale_passes.hpp"

namespace tern::update_loss_scale_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const bool finite = visit_floating(pass.gradients.dtype(), [&gradients = pass.gradients]<class T>() {
        bool all = true;
        for (std::int64_t i = 0; i < gradients.numel(); ++i)
            all = all && std::isfinite(static_cast<double>(gradients.data<T>()[i]));
        return all;
    });
    const std::int64_t good_steps = pass.good_steps.data<std::int64_t>()[0] + 1;
    const bool grows = good_steps >= pass.params.growth_interval;
    pass.new_good_steps.data<std::int64_t>()[0] = finite && !grows ? good_steps : 0;
    visit_floating(pass.scale.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Real scale = static_cast<Real>(pass.scale.data<T>()[0]);
        const Real smaller = std::max(scale / 2, Real{kSmallestLossScale});
        const Real larger = std::min(2 * scale, Real{kLargestLossScale});
        pass.factor.data<T>()[0] = static_cast<T>(finite ? 1 / scale : 0);
        pass.new_scale.data<T>()[0] = static_cast<T>(!finite ? smaller : grows ? larger : scale);
    });
}

}  // namespace tern::update_loss_scale_passes
