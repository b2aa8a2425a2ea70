// Optimizers: they change all parameters of a model in one operation on its flat buffers.
#pragma once

#include <memory>
#include <string>

#include "tern/kernels/adam_step/adam_step.hpp"
#include "tern/kernels/rmsprop_step/rmsprop_step.hpp"
#include "tern/kernels/sgd_step/sgd_step.hpp"
#include "tern/layers/flat_parameters.hpp"

namespace tern {

class Optimizer {
  public:
    virtual ~Optimizer() = default;
    Optimizer(const Optimizer&) = delete;
    Optimizer& operator=(const Optimizer&) = delete;

    /// Changes the parameters by their gradients; with a factor (float32 scalar) by their gradients times
    /// that, and not at all where it is 0. The innermost DropoutScope of this thread goes on to its next step.
    void step(const Tensor& gradient_factor = {});
    /// What the optimizer remembers between steps, by name; handles on the tensors themselves.
    virtual NamedTensors state() const = 0;

    void zero_grad() const { parameters_.zero_grad(); }
    const FlatParameters& parameters() const { return parameters_; }
    /// Of all parameters, flat.
    const Tensor& gradients() const { return parameters_.gradients(); }
    double learning_rate() const { return learning_rate_; }
    /// For the steps from now on. The rate lies on the device; equal values are not written again. Throws Error
    /// unless it is finite and at least 0.
    void set_learning_rate(double rate);

  protected:
    /// decay_mask: (parameters.size()), 1 where the weight decay acts and 0 elsewhere; undefined: everywhere.
    Optimizer(FlatParameters parameters, double learning_rate, Tensor decay_mask);
    /// The work of step().
    virtual void update(const Tensor& gradient_factor) = 0;
    /// What else follows from the rate is written to the device here, not in update(), which a graph of the step replays.
    virtual void rate_changed() {}
    const Tensor& rate_tensor() const { return rate_tensor_; }
    const Tensor& decay_mask() const { return decay_mask_; }
    /// Zeros of the shape, type and device of the parameters.
    Tensor make_buffer() const;

  private:
    FlatParameters parameters_;
    double learning_rate_;
    Tensor rate_tensor_;  // float64 scalar
    Tensor decay_mask_;
};

/// Adam and AdamW, see kernels/adam_step.
class Adam : public Optimizer {
  public:
    Adam(FlatParameters parameters, double learning_rate, const AdamParams& params, Tensor decay_mask = {});
    NamedTensors state() const override;

  private:
    void update(const Tensor& gradient_factor) override;

    AdamParams params_;
    Tensor moment1_, moment2_, step_;
};

/// See kernels/rmsprop_step.
class Rmsprop : public Optimizer {
  public:
    Rmsprop(FlatParameters parameters, double learning_rate, const RmspropParams& params,
            Tensor decay_mask = {});
    NamedTensors state() const override;

  private:
    void update(const Tensor& gradient_factor) override;

    RmspropParams params_;
    Tensor square_;
    Tensor buffer_;  // undefined without momentum
};

/// Gradient descent with or without momentum, see kernels/sgd_step.
class Sgd : public Optimizer {
  public:
    Sgd(FlatParameters parameters, double learning_rate, const SgdParams& params, Tensor decay_mask = {});
    NamedTensors state() const override;

  private:
    void update(const Tensor& gradient_factor) override;

    SgdParams params_;
    Tensor buffer_;  // undefined without momentum
};

/// "adam", "adamw", "muon", "rmsprop" or "sgd" with those of the numbers that it takes.
struct OptimizerSettings {
    std::string name = "adam";
    double learning_rate = 1e-3;
    double momentum = 0;    // of muon, rmsprop and sgd
    bool nesterov = false;  // of sgd
    double alpha = 0.99;    // of rmsprop
    double beta1 = 0.9, beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0;
    /// Of what: "all", or "weights" without biases and the scales and shifts of norms, which are the parameters of one
    /// dimension.
    std::string decay = "all";
    double auxiliary_rate = 1e-3;  // of muon: of its AdamW, while learning_rate is that of the matrices
};

/// Throws Error for another name, or numbers that do not fit it.
std::unique_ptr<Optimizer> make_optimizer(FlatParameters parameters, const OptimizerSettings& settings);

}  // namespace tern
