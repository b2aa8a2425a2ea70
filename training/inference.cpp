#include "tern/training/inference.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "tern/core/autograd.hpp"
#include "tern/core/error.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/shared/kept_weights.hpp"

namespace tern {

// What stays from call to call: what operations made of the weights, and arenas that no thread works in at the moment, of one size
// of images: a call takes one and puts it back.
class Inference::Kept {
  public:
    explicit Kept(const Module& model) : weights(model.state()) {}

    KeptWeights weights;

    std::unique_ptr<StepArena> take(const Tensor& images) {
        const std::lock_guard lock(mutex_);
        const Shape image = images.shape().with(0, 1);
        if (image != image_) free_.clear();
        image_ = image;
        const auto found = std::ranges::find(free_, images.dim(0), &Free::count);
        if (found == free_.end()) return std::make_unique<StepArena>(images.device());
        std::unique_ptr<StepArena> arena = std::move(found->arena);
        free_.erase(found);
        return arena;
    }
    void put_back(const Tensor& images, std::unique_ptr<StepArena> arena) {
        const std::lock_guard lock(mutex_);
        if (images.shape().with(0, 1) == image_) free_.push_back({images.dim(0), std::move(arena)});
    }

  private:
    struct Free {
        std::int64_t count;  // images that it was recorded with
        std::unique_ptr<StepArena> arena;
    };

    std::mutex mutex_;
    Shape image_;  // (1, ...), which was asked for last
    std::vector<Free> free_;
};

Inference::Inference(Module& model) : model_(model), kept_(std::make_unique<Kept>(model)) {}
Inference::~Inference() = default;

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

// The result is a copy: a tensor of the arena's, freed by whoever has it, would tell the arena when, which another thread may
// be working in by then.
Tensor Inference::run_in(StepArena& arena, const Tensor& images) {
    const StepArena::Scope scope(arena);
    const KeptWeights::Scope weights(kept_->weights);
    const Tensor own = model_(images);
    const StepArena::Outside outside;
    return own.clone();
}

// Less than a chunk: all threads work on each layer.
Tensor Inference::run_rest(const Tensor& images) {
    std::unique_ptr<StepArena> arena = kept_->take(images);
    Tensor output = run_in(*arena, images);
    kept_->put_back(images, std::move(arena));
    return output;
}

// Whole chunks.
Tensors Inference::run_chunks(const Tensor& images, std::int64_t chunks) {
    const auto chunk = [&](std::int64_t i) { return images.slice(i * kChunk, (i + 1) * kChunk); };
    const std::int64_t threads = chunks < num_threads() ? 1 : num_threads();
    Tensors outputs(static_cast<std::size_t>(chunks));
    std::atomic<std::int64_t> next{0};
    const auto work = [&] {
        const NoGrad no_grad;
        std::unique_ptr<StepArena> arena = kept_->take(chunk(0));
        for (std::int64_t i = next++; i < chunks; i = next++)
            outputs[static_cast<std::size_t>(i)] = run_in(*arena, chunk(i));
        kept_->put_back(chunk(0), std::move(arena));
    };
    if (threads == 1)
        work();
    else
        parallel_for(threads, 1, [&](std::int64_t, std::int64_t) { work(); });
    return outputs;
}

}  // namespace tern
