#include <cmath>

#include "tern/kernels/update_statistics/update_statistics_passes.hpp"

namespace tern::update_statistics_passes {
namespace {

// The share of a batch after `batches` others. 1 - (1 - m)^t as it stands would lose all digits where m t is
// small.
double share(const UpdateStatisticsParams& params, std::int64_t batches) {
    if (!params.bias_correction) return params.momentum;
    const double t = static_cast<double>(batches) + 1;
    if (t <= 1) return 1;
    return params.momentum == 0 ? 1 / t : params.momentum / -std::expm1(t * std::log1p(-params.momentum));
}

// result = (1 - share) running + share * correction * value
void average(const Tensor& result, const Tensor& running, const Tensor& value, double share,
             double correction) {
    visit_floating(running.dtype(), [&]<class T>() {
        visit_floating(value.dtype(), [&]<class U>() {
            using Real = Compute<T>;
            const auto keep = static_cast<Real>(1 - share);
            const auto take = static_cast<Real>(share * correction);
            for (std::int64_t c = 0; c < running.numel(); ++c) {
                result.data<T>()[c] = static_cast<T>(keep * static_cast<Real>(running.data<T>()[c]) +
                                                     take * static_cast<Real>(value.data<U>()[c]));
            }
        });
    });
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    for (std::size_t i = 0; i < pass.params.of.size(); ++i) {
        const UpdateStatisticsParams& params = pass.params.of[i];
        const auto running = pass.running(i), batch = pass.batch(i), renewed = pass.renewed(i);
        const auto values = static_cast<double>(params.values_per_channel);
        const std::int64_t batches = *running[2].data<std::int64_t>();
        const double of_batch = share(params, batches);
        average(renewed[0], running[0], batch[0], of_batch, 1);
        average(renewed[1], running[1], batch[1], of_batch, values / (values - 1));
        *renewed[2].data<std::int64_t>() = batches + 1;
    }
}

}  // namespace tern::update_statistics_passes
