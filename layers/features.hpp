// What one layer hands to the next.
#pragma once

#include <memory>

#include "tern/core/autograd.hpp"
#include "tern/kernels/channel_moments/channel_moments.hpp"
#include "tern/kernels/normalize/normalize.hpp"

namespace tern {

/// A tensor with what its producer knows of it and what is still to be done to it: who uses Features as a
/// Tensor gets it done. A layer that can use the one or do the other on the way asks for the rest of this
/// interface: so work is shared across the borders of layers that know nothing of each other. Copies are
/// handles of the same features; who needs them no more moves them on.
class Features {
  public:
    /// `moments`: of the tensor, where its producer gathered them.
    Features(Tensor tensor, Moments moments = {});
    /// `norm` is still to be applied to the tensor; `owner` left it to others.
    Features(Tensor tensor, DeferredNormalize norm, const void* owner);

    /// The tensor when all is done: at the first call, and kept, in all handles. One thread at a time may ask.
    /// What was left undone while operations were recorded is kept only where they still are: else gradients
    /// would end here.
    const Tensor& value() const;
    operator const Tensor&() const { return value(); }
    const Shape& shape() const { return state_->tensor.shape(); }

    // -- for layers that do a part of the work on the way --------------------------------------------------

    /// Before what is still to be done.
    const Tensor& tensor() const { return state_->tensor; }
    const Moments& moments() const { return state_->moments; }
    /// Empty once there is a value().
    const DeferredNormalize& norm() const { return state_->norm; }
    /// Whether somebody else holds them, too, and so may ask for their value(): a shortcut.
    bool is_shared() const { return state_.use_count() > 1; }
    /// A value() that was made on the way.
    void keep_value(Tensor value) const;

  private:
    struct State {
        Tensor tensor;
        Moments moments;
        DeferredNormalize norm;
        const void* owner;
        bool recorded = grad_enabled();
        Tensor unrecorded = {};  // a value() that is not kept
    };
    std::shared_ptr<State> state_;
};

}  // namespace tern
