// What one layer hands to the next.
#pragma once

#include "tern/core/owner.hpp"
#include "tern/kernels/channel_moments/channel_moments.hpp"
#include "tern/kernels/normalize/normalize.hpp"

namespace tern {

/// A tensor with what its producer knows of it and what is still to be done to it. A layer that can use the
/// one or do the other on the way takes Features as they are, any other their value(): so work is shared
/// across the borders of layers that know nothing of each other.
struct Features {
    Tensor tensor;                // (..., C)
    Moments moments = {};         // of the tensor, where its producer gathered them
    DeferredNormalize norm = {};  // to be applied to it
    const void* owner = nullptr;  // who left it to others

    /// The tensor when all is done.
    Tensor value() const {
        if (!norm) return tensor;
        const OwnerScope scope(owner);
        return normalize(tensor, norm.mean, norm.variance, norm.gamma, norm.beta, norm.params, norm.residual);
    }
};

}  // namespace tern
