#include "tern/kernels/update_statistics/update_statistics.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace update_statistics_passes {
void forward_ref(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
}  // namespace update_statistics_passes

const Op& update_statistics_op() {
    using namespace update_statistics_passes;
    // A few hundred numbers a step: on the CPU ref is all there is to have.
    static const Op op{"update_statistics",
                       {{"update_statistics",
                         "forward",
                         {"running_mean", "running_variance", "batches", "mean", "variance"},
                         {"running_mean", "running_variance", "batches"},  // may be the tensors of the inputs
                         {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::ref, forward_ref}},
                         flops_per_input<6>}}};
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
    static const Pass& forward = update_statistics_op().pass("forward");
    run_pass(forward, ParamsRef(params), {running_mean, running_variance, batches, mean, variance},
             {running_mean, running_variance, batches});
}

}  // namespace tern
