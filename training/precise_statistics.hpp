// Running statistics of the weights as they are, over some training samples.
#pragma once

#include "tern/layers/module.hpp"
#include "tern/training/batch_source.hpp"

namespace tern {

/// Takes the running statistics of `model`, which must be in training mode, anew (FreshStatistics): over
/// `samples` of `source` or a few more, in whole batches of `batch_size`, at least one and at most as many as
/// there are. These are always the same samples, drawn from the
/// whole set, and not augmented, as those of an evaluation are not. A model without batch norms is left
/// alone.
void take_precise_statistics(Module& model, const BatchSource& source, std::int64_t samples,
                             std::int64_t batch_size);

}  // namespace tern
