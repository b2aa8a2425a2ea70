#include "tern/training/inference.hpp"

#include <atomic>

#include "tern/core/autograd.hpp"
#include "tern/core/error.hpp"
#include "tern/core/threads/parallel.hpp"

namespace tern {

Tensor Inference::run(const Tensor& images) {
    TERN_CHECK(!model_.training(), "inference", "the model is in training mode; call eval() first");
    const NoGrad no_grad;
    const std::int64_t chunks = images.dim(0) / kChunk;
    if (!images.device().is_cpu()) return model_(images);
    if (chunks == 0) return run_rest(images);
    Tensors outputs = run_chunks(images, chunks);
    if (chunks * kChunk < images.dim(0))
        outputs.push_back(run_rest(images.slice(chunks * kChunk, images.dim(0))));
    if (outputs.size() == 1) return outputs[0];
    const Tensor all = Tensor::empty(outputs[0].shape().with(0, images.dim(0)), outputs[0].dtype());
    std::int64_t begin = 0;
    for (const Tensor& output : outputs) {
        all.slice(begin, begin + output.dim(0)).copy_from(output);
        begin += output.dim(0);
    }
    return all;
}

// Less than a chunk: all threads work on each layer.
Tensor Inference::run_rest(const Tensor& images) {
    if (!rest_arena_ || images.shape() != rest_) rest_arena_ = std::make_unique<StepArena>(images.device());
    rest_ = images.shape();
    const StepArena::Scope scope(*rest_arena_);
    return model_(images);
}

// Whole chunks.
Tensors Inference::run_chunks(const Tensor& images, std::int64_t chunks) {
    const Shape shape = images.slice(0, kChunk).shape();
    if (shape != chunk_) arenas_.clear();
    chunk_ = shape;
    const std::int64_t threads = chunks < num_threads() ? 1 : num_threads();
    while (static_cast<std::int64_t>(arenas_.size()) < threads)
        arenas_.push_back(std::make_unique<StepArena>(images.device()));

    Tensors outputs(static_cast<std::size_t>(chunks));
    std::atomic<std::int64_t> next{0};
    const auto work = [&](std::int64_t thread) {
        const NoGrad no_grad;
        for (std::int64_t i = next++; i < chunks; i = next++) {
            const StepArena::Scope scope(*arenas_[static_cast<std::size_t>(thread)]);
            outputs[static_cast<std::size_t>(i)] = model_(images.slice(i * kChunk, (i + 1) * kChunk));
        }
    };
    if (threads == 1)
        work(0);
    else
        parallel_for(threads, 1, [&](std::int64_t thread, std::int64_t) { work(thread); });
    return outputs;
}

}  // namespace tern
