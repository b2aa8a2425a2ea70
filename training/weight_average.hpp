// An exponential moving average of the weights of a run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tern/layers/flat_parameters.hpp"

namespace tern {

class StepArena;

/// A model has its average, which is evaluated and saved; what is trained lies here meanwhile, and takes the model's place
/// for a step. After step t = 1, 2, ... of weights w
///   average = w                                       t = 1
///   average = average + (1 - d) (w - average)         d = min(decay, t / (t + 9)), from step 2 on
/// as PyTorch's AveragedModel with that d; TensorFlow's ExponentialMovingAverage has the same warm-up of the decay.
class WeightAverage {
  public:
    /// Of the parameters, and with `statistics` of the running statistics by the same rule; without it these stay as they
    /// are, for one who takes them anew (take_precise_statistics()). `decay` must be in (0, 1), or this throws Error.
    WeightAverage(const Module& model, const FlatParameters& parameters, double decay, bool statistics);
    ~WeightAverage();

    /// A run begins with the weights that the model has.
    void start() const;
    /// What the model has from now on. It may have that already.
    void hold_trained();
    void hold_average();
    /// After step `step`, from 1, while the model has what is trained.
    void update(std::int64_t step);
    /// "trained.weights", flat as in FlatParameters, and "trained.NAME" of statistics: handles on what the model has not.
    NamedTensors state() const;

  private:
    void exchange();

    struct Pair {
        std::string name;
        Tensor model, other;
    };
    std::vector<Pair> pairs_;
    double decay_;
    bool model_is_average_ = true;
    std::unique_ptr<StepArena> arena_;
};

}  // namespace tern
