// Batch normalisation over the channels of images (Ioffe, Szegedy 2015).
#pragma once

#include "tern/kernels/activation/activation.hpp"
#include "tern/layers/module.hpp"

namespace tern {

struct BatchNorm2dOptions {
    double epsilon = 1e-5;
    /// The batch's share, as in PyTorch: running = (1 - momentum) running + momentum batch. Keras' 0.99 is
    /// 0.01.
    double momentum = 0.1;
    /// Applied last, in the same pass over memory.
    Activation activation = Activation::none;
};

/// (..., C) -> (..., C): activation(weight (x - mean) / sqrt(variance + epsilon) + bias [+ residual]).
/// In training mean and (biased) variance are the batch's, and the running statistics are updated with them,
/// the variance made unbiased; in evaluation they are the running ones. Parameters: weight 1, bias 0, (C).
/// Where the moments are known, the normalisation is left to the next layer.
/// Buffers: running_mean 0, running_var 1, (C); num_batches_tracked, one int64.
class BatchNorm2d : public FeatureModule {
  public:
    /// Throws Error for no channel, or epsilon or momentum out of range.
    explicit BatchNorm2d(std::int64_t channels, const BatchNorm2dOptions& options = {});

    std::string type() const override;
    using Module::operator();
    /// With a residual of the input's shape, added before the activation. Throws Error in training if there
    /// is one value per channel only.
    Features operator()(const Features& input, const Tensor& residual);
    Tensor operator()(const Tensor& input, const Tensor& residual) {
        return (*this)(Features{input}, residual).value();
    }
    /// For inference: takes the normalisation with the running statistics into the weights of the layer
    /// whose output only this one reads, and becomes the identity with its activation. Says whether that
    /// layer could take it. What is multiplied is rounded once.
    bool fold_into(Module& producer);

  protected:
    Features forward_features(const Features& input) override;
    void initialize_own(Initializer& initializer) override;

  private:
    NormalizeParams params() const { return {options_.epsilon, options_.activation}; }
    DeferredNormalize deferred(const Features& input);
    Features normalized(const Features& input, const Tensor& residual);
    Tensor normalized_by_batch(const Tensor& input, const Tensor& residual);
    std::int64_t values_per_channel(const Tensor& input) const;
    void update(std::int64_t values, const Moments& moments);

    BatchNorm2dOptions options_;
    Tensor weight_, bias_, running_mean_, running_var_, num_batches_tracked_;
};

}  // namespace tern
