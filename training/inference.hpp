// The forward pass of a model that is not being trained.
#pragma once

#include <memory>

#include "tern/layers/module.hpp"

namespace tern {

class StepArena;

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
/// Several threads may call one at the same time: what they share, the model, is only read. It keeps memory for as many
/// chunks, and for as many images that are alone, as ran at the same time; and weights packed for products, made again where
/// operations, load_state() or copy_from() change them between calls. After writing to elements yourself call mark_changed().
class Inference {
  public:
    /// Images that go through the layers together. One reads all weights for itself, which took 3 % longer;
    /// four leave cores of larger machines without work.
    static constexpr std::int64_t kChunk = 2;

    /// The model must live longer, and nothing may change it while run() is called.
    explicit Inference(Module& model);
    ~Inference();
    Inference(const Inference&) = delete;
    Inference& operator=(const Inference&) = delete;

    /// images: (N, ...), the result: what the model gives for them, (N, ...). Throws Error where the model is
    /// in training mode.
    Tensor run(const Tensor& images);

  private:
    class Kept;

    Tensor run_in(StepArena& arena, const Tensor& images);
    Tensor run_rest(const Tensor& images);
    Tensors run_chunks(const Tensor& images, std::int64_t chunks);

    Module& model_;
    std::unique_ptr<Kept> kept_;
};

}  // namespace tern
