// A model's outputs on a data set, counted.
#pragma once

#include <functional>

#include "tern/core/communicator.hpp"
#include "tern/layers/module.hpp"
#include "tern/training/batch_source.hpp"
#include "tern/training/totals.hpp"

namespace tern {

struct EvaluationOptions {
    std::int64_t batch_size = 256;
    Loss loss = cross_entropy_loss();
    std::vector<Metric> metrics = {accuracy()};
    bool confusion = false;     // of a classifier's labels and predictions
    bool keep_outputs = false;  // of every sample
    /// Told of each batch that this rank has, in their order.
    std::function<void(const Tensor& output, const Tensor& target)> after_batch = {};
    std::function<bool()> stop = {};  // asked before each batch, and may end it early
    /// Of ranks that share the work, a batch each in turn; all must call it, and stop() must say the same on
    /// all. Everyone gets the result, with the bits of one rank alone; outputs are not kept. None: alone.
    Communicator* communicator = nullptr;
    bool graph =
        false;  // on a CUDA device: whole batches are started as graphs (BatchGraph), with the same bits
    int workers = 0;  // threads that make batches ahead (Loader); 0: each is made when it is needed
};

struct Evaluation {
    TotalsRead totals;  // of fewer samples than the source has where it was stopped
    Tensor confusion;   // (K, K) int64 on the CPU: row = label, column = prediction; if asked for
    Tensor outputs;     // (R, ...) on the CPU in the order of the samples, if asked for
};

/// Runs `model` in evaluation mode over all samples in file order; its mode is as before afterwards.
Evaluation evaluate(Module& model, const BatchSource& source, const EvaluationOptions& options = {});

}  // namespace tern
