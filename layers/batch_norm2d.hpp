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
    /// Whether the batch's share is corrected for the start at 0 and 1, so that the first batch counts whole;
    /// see update_statistics(). PyTorch does not, and nor does a batch norm that does not ask for it. With
    /// momentum 0 the statistics become the plain mean over all batches.
    bool bias_correction = false;
};

struct StatisticsUpdate;

/// (..., C) -> (..., C): activation(weight (x - mean) / sqrt(variance + epsilon) + bias [+ residual]).
/// In training mean and (biased) variance are the batch's, and the running statistics are updated with them,
/// the variance made unbiased; in evaluation they are the running ones. Parameters: weight 1, bias 0, (C).
/// Where mean and variance are known, the normalisation is left to the next layer.
/// Buffers: running_mean 0, running_var 1, (C); num_batches_tracked, one int64.
class BatchNorm2d : public Module {
  public:
    using Options = BatchNorm2dOptions;
    /// Throws Error for no channel, or epsilon or momentum out of range.
    explicit BatchNorm2d(std::int64_t channels, const Options& options = {});

    std::string type() const override;
    using Module::operator();
    /// With a residual of the input's shape, added before the activation. Throws Error in training if there
    /// is one value per channel only.
    Features operator()(Features input, Features residual);
    /// For inference: takes the normalisation with the running statistics into the weights of the layer
    /// whose output only this one reads, and becomes the identity with its activation. Says whether that
    /// layer could take it. What is multiplied is rounded once.
    bool fold_into(Module& producer);
    /// A step of the running statistics with the moments, (C) each, of a batch of so many values per channel.
    StatisticsUpdate statistics_update(std::int64_t values, const Moments& moments) const;
    void set_bias_correction(bool bias_correction) { options_.bias_correction = bias_correction; }
    /// With bias correction: running statistics that are not those of a new layer, beside a count of 0, are
    /// another program's, and how old is not known. The count becomes one from which the share is the
    /// momentum itself, so that no batch replaces them. load_state() calls it; reads from the device.
    void keep_uncounted_statistics();

  protected:
    Features forward(Features input) override;
    void initialize_own(Initializer& initializer) override;

  private:
    friend class FreshStatistics;

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
