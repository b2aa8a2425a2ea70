// The sum of all replicas' gradients, on every rank.
#pragma once

#include <memory>

#include "tern/core/communicator.hpp"
#include "tern/layers/flat_parameters.hpp"
#include "tern/training/replicas.hpp"

namespace tern {

/// How it is sent is what implementations differ in (ExactExchange, CompressedExchange). Its bits depend on the number of
/// replicas, not on that of ranks.
class GradientExchange {
  public:
    /// What it is called between ranks.
    static constexpr const char* kWhat = "the sum of gradients";

    GradientExchange() = default;
    virtual ~GradientExchange() = default;
    GradientExchange(const GradientExchange&) = delete;
    GradientExchange& operator=(const GradientExchange&) = delete;

    /// Before the backward pass of replica `replica` of this rank, which goes through its replicas in order: the
    /// gradients are 0.
    virtual void begin(std::int64_t replica) = 0;
    /// After it. After the last one the gradients are the sum.
    virtual void end(std::int64_t replica) = 0;

    /// Every rank gets what all have kept for the steps that follow. Collective.
    virtual void gather() {}
    /// That, after gather().
    virtual NamedTensors state() const { return {}; }
};

/// Of the kind that the options say. What is given must live longer.
std::unique_ptr<GradientExchange> make_gradient_exchange(const FlatParameters& parameters,
                                                         const ReplicaShare& share,
                                                         Communicator& communicator,
                                                         const ExchangeOptions& options);

}  // namespace tern
