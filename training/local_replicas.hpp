// Replicas that train apart for some steps, each with weights of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tern/training/gradient_exchange.hpp"
#include "tern/training/optimizer.hpp"

namespace tern {

/// Every replica has weights, optimizer state and running statistics of its own, and takes its steps alone. After each
/// LocalOptions::steps of them all go on from common weights: with w what they went on from the last
/// time, d the mean over all replicas of w less their weights, and v = 0 at first,
///   v = outer_momentum v + d
///   w = w - outer_rate (d + outer_momentum v)
/// Without momentum and with rate 1 w is the mean of their weights (Stich 2019, "Local SGD Converges Fast and
/// Communicates Little"); the other form is that of Douillard et al. 2023, "DiLoCo". All else stays with its replica.
/// What is evaluated and saved as the model is the mean of weights and statistics of all replicas as they are.
///
/// The model and the optimizer have those of one replica at a time. All ranks call averaging and gathering together.
class LocalReplicas {
  public:
    /// What ranks exchange for hold_mean().
    static constexpr const char* kGathering = "what replicas have of their own";

    /// `others`: tensors of a replica besides weights, statistics and what the optimizer has, by name. Everything
    /// given must live longer.
    LocalReplicas(Module& model, const Optimizer& optimizer, const NamedTensors& others,
                  const ReplicaShare& share, Communicator& communicator, const ExchangeOptions& exchange,
                  const LocalOptions& options);

    /// All replicas begin with what model and optimizer have.
    void start();
    /// They go on from state().
    void resume();
    /// The model and the optimizer have those of replica `replica` of this rank.
    void hold(std::int64_t replica);
    /// All replicas go on from common weights.
    void average();
    /// Every rank knows all replicas, and the model is their mean.
    void hold_mean();

    /// What a run needs to continue, after hold_mean(): (replicas, ...) each, but for what averaging remembers.
    NamedTensors state() const;

  private:
    // What each replica has of its own.
    struct Part {
        std::string name;
        Tensor live;  // of the model or the optimizer
        Tensor rows;  // (replicas, shape of live); other ranks' are those of the last gathering
        bool averaged = false;
    };

    void add(const std::string& name, const Tensor& live, bool averaged);
    void keep_held();
    Tensor row(const Part& part, std::int64_t replica) const;  // of this rank

    const FlatParameters& parameters_;
    ReplicaShare share_;
    Communicator& communicator_;
    LocalOptions options_;
    std::unique_ptr<GradientExchange> exchange_;
    std::vector<Part> parts_;  // the weights first
    Tensor common_, velocity_;
    Tensor rate_;  // float64 scalar
    static constexpr std::int64_t kNone = -1;
    std::int64_t held_ = kNone;  // the number of one of this rank's
};

}  // namespace tern
