#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/update_statistics/update_statistics.hpp"

namespace tern::update_statistics_passes {

struct UpdateAllParams {
    std::vector<UpdateStatisticsParams> of;
};

struct Forward {
    const UpdateAllParams& params;
    std::span<const Tensor>
        x;  // of each: running mean (C), running variance (C), batches, one int64; then of each: mean and
            // variance (C) of the batch, of any floating-point type
    std::span<const Tensor> y;  // of each the first three, renewed; they may be the same tensors
    TERN_PASS(Forward, update_statistics, forward, (x), (y))

    double flops() const {
        double flops = 0;
        for (std::size_t i = 0; i < params.of.size(); ++i)
            flops += 6.0 * static_cast<double>(running(i)[0].numel());
        return flops;
    }
    /// Running mean, running variance and number of batches.
    std::span<const Tensor> running(std::size_t i) const { return x.subspan(3 * i, 3); }
    std::span<const Tensor> renewed(std::size_t i) const { return y.subspan(3 * i, 3); }
    /// Mean and variance.
    std::span<const Tensor> batch(std::size_t i) const { return x.subspan(3 * params.of.size() + 2 * i, 2); }
};

}  // namespace tern::update_statistics_passes
