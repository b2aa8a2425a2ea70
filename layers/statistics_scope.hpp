// Batch statistics that are handed over instead of being averaged into the running ones.
#pragma once

#include <functional>

#include "tern/kernels/channel_moments/channel_moments.hpp"

namespace tern {

class BatchNorm2d;

/// While it lives, batch norms that this thread runs in training mode leave their running statistics alone and
/// hand mean and biased variance of their batch, over so many values per channel, to `take`: for batches whose
/// statistics are merged before they count. update_statistics() of BatchNorm2d::statistics_update() lets them count. Scopes nest; the
/// innermost counts.
class StatisticsScope {
  public:
    using Take = std::function<void(BatchNorm2d& layer, std::int64_t values, const Moments& moments)>;
    explicit StatisticsScope(Take take);
    ~StatisticsScope();
    StatisticsScope(const StatisticsScope&) = delete;
    StatisticsScope& operator=(const StatisticsScope&) = delete;

    /// Of this thread; null outside all.
    static const StatisticsScope* current();
    void take(BatchNorm2d& layer, std::int64_t values, const Moments& moments) const {
        take_(layer, values, moments);
    }

  private:
    Take take_;
    const StatisticsScope* previous_;
};

}  // namespace tern
