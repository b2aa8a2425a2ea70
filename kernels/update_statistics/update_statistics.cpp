#include "tern/kernels/update_statistics/update_statistics.hpp"

#include "tern/kernels/update_statistics/update_statistics_passes.hpp"

namespace tern {
using namespace update_statistics_passes;

const Op& update_statistics_op() {
    // A few hundred numbers a step: on the CPU ref is all there is to have.
    static const Op op{"update_statistics", {pass_of<Forward, Partial<Cuda>, Ref>()}};
    return op;
}

void update_statistics(const Tensor& running_mean, const Tensor& running_variance, const Tensor& batches,
                       const Tensor& mean, const Tensor& variance, const UpdateStatisticsParams& params) {
    const Shape& shape = running_mean.shape();
    TERN_CHECK(running_variance.shape() == shape && mean.shape() == shape && variance.shape() == shape,
               "update_statistics", "running mean ", shape, ", running variance ", running_variance.shape(),
               ", mean ", mean.shape(), " and variance ", variance.shape(), " must be of one shape");
    TERN_CHECK(batches.dtype() == DType::int64 && batches.numel() == 1, "update_statistics",
               "the number of batches must be one int64, got ", batches);
    TERN_CHECK(params.values_per_channel >= 2, "update_statistics",
               "the unbiased variance needs more than 1 value per channel, got ", params.values_per_channel);
    run_pass(Forward{.params = params,
                     .running_mean = running_mean,
                     .running_variance = running_variance,
                     .batches = batches,
                     .mean = mean,
                     .variance = variance,
                     .new_running_mean = running_mean,
                     .new_running_variance = running_variance,
                     .new_batches = batches});
}

}  // namespace tern
