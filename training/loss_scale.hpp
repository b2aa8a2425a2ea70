// The scale of a loss whose gradients pass through float16.
#pragma once

#include "tern/layers/module.hpp"

namespace tern {

/// Starts at 2^16 and follows update_loss_scale; lies on the device, so a step waits for nothing.
class LossScale {
  public:
    explicit LossScale(Device device);

    /// float32 scalar: the gradient to start the backward pass with.
    const Tensor& scale() const { return scale_; }
    /// Looks at the gradients of a pass from the scaled loss, and changes the scale. Returns what they must
    /// be multiplied with: float32 scalar, 0 where the step is to be left out.
    const Tensor& update(const Tensor& gradients) const;
    NamedTensors state() const { return {{"scale", scale_}, {"good_steps", good_steps_}}; }

  private:
    Tensor scale_, good_steps_, factor_;
};

}  // namespace tern
