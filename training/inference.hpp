// The forward pass of a model that is not being trained.
#pragma once

#include <memory>
#include <vector>

#include "tern/core/memory/step_arena.hpp"
#include "tern/layers/module.hpp"

namespace tern {

/// Runs a model over batches. On the CPU each thread takes a chunk of the images through all layers by
/// itself, so that what one layer gives the next is still in its cache; a chunk that is alone is split over
/// the threads inside every layer. The chunks are always the same, so the bits do not depend on the number
/// of threads. On a GPU the batch runs as it is.
///
///     fold_batch_norms(model, {1, 32, 32, 3});
///     model.eval();
///     tern::Inference inference(model);
///     tern::Tensor logits = inference.run(images);
///
/// It keeps memory for one chunk per thread, and for fewer images than a chunk. One thread at a time may call
/// it.
class Inference {
  public:
    /// Images that go through the layers together. One reads all weights for itself, which took 3 % longer;
    /// four leave cores of larger machines without work.
    static constexpr std::int64_t kChunk = 2;

    /// The model must live longer.
    explicit Inference(Module& model) : model_(model) {}

    /// images: (N, ...), the result: what the model gives for them, (N, ...). Throws Error where the model is
    /// in training mode.
    Tensor run(const Tensor& images);

  private:
    Tensor run_rest(const Tensor& images);
    Tensors run_chunks(const Tensor& images, std::int64_t chunks);

    Module& model_;
    std::vector<std::unique_ptr<StepArena>> arenas_;  // one for each thread
    Shape chunk_;                                     // what they were recorded with
    std::unique_ptr<StepArena> rest_arena_;
    Shape rest_;
};

}  // namespace tern
