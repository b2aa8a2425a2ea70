#include "tern/kernels/update_statistics/update_statistics.hpp"

#include "tern/kernels/update_statistics/update_statistics_passes.hpp"

namespace tern {
using namespace update_statistics_passes;

const Op& update_statistics_op() {
    // A few hundred numbers a step: on the CPU ref is all there is to have.
    static const Op op{"update_statistics", {pass_of<Forward, Partial<Cuda>, Ref>()}};
    return op;
}

void update_statistics(const std::vector<StatisticsUpdate>& updates) {
    const char* const where = "update_statistics";
    UpdateAllParams params;
    Tensors running, all;
    for (const StatisticsUpdate& of : updates) {
        const Shape& shape = of.running_mean.shape();
        TERN_CHECK(
            of.running_variance.shape() == shape && of.mean.shape() == shape && of.variance.shape() == shape,
            where, "running mean ", shape, ", running variance ", of.running_variance.shape(), ", mean ",
            of.mean.shape(), " and variance ", of.variance.shape(), " must be of one shape");
        TERN_CHECK(of.batches.dtype() == DType::int64 && of.batches.numel() == 1, where,
                   "the number of batches must be one int64, got ", of.batches);
        TERN_CHECK(of.params.values_per_channel >= 2, where,
                   "the unbiased variance needs more than 1 value per channel, got ",
                   of.params.values_per_channel);
        params.of.push_back(of.params);
        running.insert(running.end(), {of.running_mean, of.running_variance, of.batches});
    }
    if (updates.empty()) return;
    all = running;
    for (const StatisticsUpdate& of : updates) all.insert(all.end(), {of.mean, of.variance});
    run_pass(Forward{.params = params, .x = all, .y = running});
}

}  // namespace tern
