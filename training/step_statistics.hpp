// What a step of several replicas adds to the running statistics of batch norms.
#pragma once

#include <cstdint>
#include <vector>

#include "tern/core/communicator.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/training/replicas.hpp"

namespace tern {

/// The statistics of all replicas are merged (merge_moments()), so that running means and variances are those
/// of the whole batch, and count once a step. Batch norms must run in the same order for every replica.
class StepStatistics {
  public:
    /// The model must live longer.
    StepStatistics(Module& model, const ReplicaShare& share, Communicator& communicator);

    /// Of one batch norm in the forward pass of a replica that has `rows` samples.
    void take(std::int64_t rows, BatchNorm2d& layer, std::int64_t values, const Moments& moments);
    /// Once that pass, of replica `replica` of this rank, is done and outside of its step arena.
    void keep(std::int64_t replica);
    /// Batches have other shapes from here on.
    void forget_shapes() { calls_.clear(); }
    /// After all replicas of a batch of so many samples: running statistics move, equally on all ranks.
    void finish(std::int64_t samples);

  private:
    // A call of a batch norm in the forward pass.
    struct Call {
        BatchNorm2d* layer = nullptr;
        std::int64_t channels = 0;
        std::int64_t values = 0;  // per channel and sample
        bool operator==(const Call&) const = default;
    };

    void set_calls(std::vector<Call> calls);
    void share_calls();
    Tensor merged(std::int64_t samples);

    std::vector<BatchNorm2d*> layers_;
    ReplicaShare share_;
    Communicator& communicator_;
    std::vector<Call> calls_, new_calls_;
    std::vector<Moments> taken_;
    Tensor own_, all_;  // (replicas of this rank, 2, channels of all calls); (ranks, 2, the same)
};

}  // namespace tern
