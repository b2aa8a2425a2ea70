// The sum of all replicas' gradients, sent as they are.
#pragma once

#include <cstdint>
#include <vector>

#include "tern/training/gradient_exchange.hpp"

namespace tern {

/// Gradients are summed in the tree of tree_lefts(): first over the replicas of a rank, in buffers of their own (a
/// tree has no running sum), then over ranks: each gets one part of every rank's gradients (all-to-all), sums it,
/// and gives the sum to all (all-gather). These are the bytes of a ring, and its bits depend neither on the number
/// of ranks nor on the buckets.
class ExactExchange : public GradientExchange {
  public:
    /// `parameters` and `communicator` must live longer.
    ExactExchange(const FlatParameters& parameters, const ReplicaShare& share, Communicator& communicator,
                  const ExchangeOptions& options);
    ~ExactExchange() override;

    void begin(std::int64_t replica) override;
    void end(std::int64_t replica) override;

  private:
    struct Bucket {
        std::int64_t begin = 0, end = 0;  // elements of the flat gradients
        std::int64_t missing = 0;         // parameters in it
        std::int64_t waits_for = 0;       // of these, in this pass
        Tensor sent, received, gathered;  // (ranks, part); (ranks, part); (ranks part)
        std::unique_ptr<Work> scattering, gathering;
    };

    void make_buckets(std::int64_t bytes);
    void parameter_ready(std::size_t slice);
    void add_lefts(std::int64_t replica, std::int64_t begin, std::int64_t end) const;
    void send(Bucket& bucket);
    void sum(Bucket& bucket);
    void receive(Bucket& bucket);
    Tensor gradients(std::int64_t begin, std::int64_t end) const;

    const FlatParameters& parameters_;
    ReplicaShare share_;
    Communicator& communicator_;
    ExchangeOptions options_;
    std::vector<std::size_t> place_;  // bucket of each slice
    std::vector<Bucket> buckets_;     // in the order of the backward pass: the last parameters first
    std::size_t sent_ = 0;            // buckets of this step that are on their way
    Tensors levels_;                  // sums of 1, 2, 4, ... replicas that wait for their neighbours
    bool last_ = false;               // the pass under way is that of the rank's last replica
};

}  // namespace tern
