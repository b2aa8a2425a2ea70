// Batch norms whose statistics are those of all ranks' samples together.
#pragma once

#include <cstdint>
#include <vector>

#include "tern/core/communicator.hpp"
#include "tern/kernels/channel_moments/channel_moments.hpp"

namespace tern {

/// While it lives, batch norms that this thread runs in training mode normalise by mean and variance of all
/// ranks' samples, merged by merge_moments(), and gradients go back through these: PyTorch's SyncBatchNorm. Each is
/// an exchange in the forward and one in the backward pass: all ranks run the same layers in the same order. Scopes
/// nest; the innermost counts.
class SyncedStatistics {
  public:
    /// samples: of each rank. A rank without any runs a batch that does not count. `rows`: samples that this rank
    /// runs.
    SyncedStatistics(Communicator& communicator, std::vector<std::int64_t> samples, std::int64_t rows);
    ~SyncedStatistics();
    SyncedStatistics(const SyncedStatistics&) = delete;
    SyncedStatistics& operator=(const SyncedStatistics&) = delete;

    /// Of this thread; null outside all.
    static const SyncedStatistics* current();

    /// Of all ranks together, from this rank's; differentiable.
    Moments merged(const Moments& own) const;
    /// Values per channel of all ranks, from those of the rows that this one runs.
    std::int64_t all_values(std::int64_t own) const;

  private:
    class Merge;

    Communicator& communicator_;
    std::vector<std::int64_t> samples_;
    std::int64_t rows_, total_ = 0;
    const SyncedStatistics* previous_;
};

}  // namespace tern
