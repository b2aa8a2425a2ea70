// A smaller model out of a trained one.
#pragma once

#include <string>
#include <vector>

#include "tern/layers/prune/importance.hpp"

namespace tern {

struct PruneOptions {
    /// Of the channels, the share that goes: above 0 and below 1.
    double rate = 0.5;
    /// Whether the least important channels of all groups go, and not that share of each group.
    bool is_global = false;
    ChannelCriterion criterion = ChannelCriterion::group_norm;
    /// What is left of a group is a multiple of this, rounded to the nearest, and that many at least; a smaller group stays whole.
    std::int64_t multiple = 16;
};

/// What a group of channels had and has.
struct PrunedGroup {
    std::string name;  // of its first tensor
    std::int64_t before = 0, after = 0;
};

/// Takes channels out of the model, those that matter least: out of every parameter and buffer that has them. Which go together is found in
/// the graph of what the model computes (trace(), for one sample of this shape), so it works for modules of one's own; what the
/// rest computes is as before. The result has groups that kept all of theirs, too. Must come before gradients and flat buffers.
///
/// Throws Error, and then the model is as before: for options out of range, a model that cannot be traced, one of which nothing can go at
/// this rate, weights that are not finite, and where the model's code needs a channel that its operations do not.
std::vector<PrunedGroup> prune_model(Module& model, const Shape& sample, const PruneOptions& options = {});

}  // namespace tern
