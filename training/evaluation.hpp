// A model's predictions on a data set, counted.
#pragma once

#include <functional>

#include "tern/layers/module.hpp"
#include "tern/training/batch_source.hpp"
#include "tern/training/totals.hpp"

namespace tern {

struct Evaluation {
    TotalsRead totals;
    Tensor confusion;  // (K, K) int64 on the CPU: row = label, column = prediction
    Tensor logits;     // (R, K) on the CPU in the order of the samples, if asked for
};

/// Runs `model` in evaluation mode over all samples in file order; its mode is as before afterwards. `stop`
/// is asked before each batch and may end it early: totals.samples is less than source.size() then.
Evaluation evaluate(Module& model, const BatchSource& source, std::int64_t batch_size,
                    bool keep_logits = false, const std::function<bool()>& stop = {});

}  // namespace tern
