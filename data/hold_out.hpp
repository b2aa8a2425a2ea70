// Samples of a set that are kept out of training, to validate on.
#pragma once

#include "tern/data/dataset.hpp"

namespace tern {

/// Numbers of samples, int32 and ascending; each sample is in one of both.
struct HeldOut {
    Tensor train, validation;
};

struct HoldOutOptions {
    double share = 0.2;       // of the samples, rounded; in (0, 1)
    bool stratified = false;  // of the samples of each class, rounded
    std::uint64_t seed = 0;
};

/// Draws what is held out: the samples with the smallest of the 64-bit numbers of RandomStream{seed, split, 1}, a pure
/// function of these arguments. Nothing of the samples is copied. Throws Error that names the set where a part
/// would be empty or have no sample of a class that the set has samples of, and for strata without labels.
HeldOut hold_out(const Dataset& dataset, const HoldOutOptions& options = {});

}  // namespace tern
