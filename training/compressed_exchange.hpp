// The sum of all replicas' gradients, sent in fewer bytes.
#pragma once

#include <vector>

#include "tern/training/gradient_exchange.hpp"

namespace tern {

/// Each replica adds to its gradients g what it has not sent so far, e, sends a shorter form q of that, and keeps the
/// rest ("error feedback", Karimireddy et al. 2019, "Error Feedback Fixes SignSGD"):
///   x = e + g;   q = short(x);   e = x - q
/// The q of all replicas are added in the order of GradientExchange, on the rank that has that part of the sum, which is
/// sent to all in the same form, with an error of its own. ExchangeType says what q is:
///   bfloat16  x rounded
///   int8      of each 256 numbers one, s = max |x| / 127, as it is, and each of them as the whole number nearest to x / s
///   top_k     the share of all numbers that are the largest in magnitude, as they are, with their places; the sum is
///             added on each rank, in the order of the replicas, and is not shortened
/// So bits depend on the number of replicas, not on that of ranks. After the backward pass, in one piece.
class CompressedExchange : public GradientExchange {
  public:
    /// `parameters` and `communicator` must live longer.
    CompressedExchange(const FlatParameters& parameters, const ReplicaShare& share,
                       Communicator& communicator, const ExchangeOptions& options);

    void begin(std::int64_t replica) override;
    void end(std::int64_t replica) override;
    void gather() override;
    NamedTensors state() const override;

    /// What is sent of some numbers: with bfloat16 and int8 all of them in fewer bits, and with int8 their scales;
    /// with top_k some, and their places.
    struct Short {
        Tensor numbers, rest;
    };

  private:
    void send_parts();
    void send_largest();
    Tensor bytes_for(std::int64_t ranks, std::int64_t each) const;
    Tensor gathered(const std::vector<Short>& own) const;

    const FlatParameters& parameters_;
    ReplicaShare share_;
    Communicator& communicator_;
    ExchangeOptions options_;
    std::int64_t part_;        // numbers of the sum that a rank adds up
    std::int64_t most_;        // numbers that a replica sends with top_k
    Tensor errors_;            // (replicas, size); other ranks' are those of the last gathering
    Tensor sum_error_;         // (ranks part), of which a rank knows its own; undefined with top_k
    std::vector<Short> sent_;  // of this rank's replicas in this step
};

}  // namespace tern
