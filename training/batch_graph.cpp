#include "tern/training/batch_graph.hpp"

namespace tern {

void BatchGraph::run(const std::function<Batch()>& load,
                     const std::function<void(const Batch& batch)>& work) {
    {
        const StepArena::Scope scope(loading_);
        const Batch batch = load();
        copy_to_stay(batch.input, batch_.input);
        copy_to_stay(batch.target, batch_.target);
        copy_to_stay(batch.probabilities, batch_.probabilities);
    }
    if (!graph_) {
        const StepArena::Scope scope(arena_);
        if (runs_ < 2)
            work(batch_);
        else
            graph_.emplace(device_, [&] { work(batch_); });
        ++runs_;
    }
    if (graph_) graph_->launch(current_stream(device_));
}

void copy_to_stay(const Tensor& from, Tensor& to) {
    if (!from.defined()) return;
    if (!to.defined()) {
        const StepArena::Outside outside;
        to = Tensor::empty(from.shape(), from.dtype(), from.device());
    }
    to.copy_from(from);
}

}  // namespace tern
