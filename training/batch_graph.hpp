// Work on batches of one size, as a graph of the device.
#pragma once

#include <functional>
#include <optional>

#include "tern/core/devices/device_graph.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/training/batch_source.hpp"

namespace tern {

/// Runs the same work on batch after batch. The first records the arena, for the second it gets its memory, with the third
/// the work is recorded, and started as one from then on. What changes from batch to batch must be in the batch, or in tensors
/// that stay where they are.
class BatchGraph {
  public:
    /// `device`: of CUDA.
    explicit BatchGraph(Device device) : device_(device), loading_(device), arena_(device) {}

    /// `load` is called every time; what it returns is copied into tensors that stay, which `work` is given.
    void run(const std::function<Batch()>& load, const std::function<void(const Batch& batch)>& work);
    /// What `work` was given last.
    const Batch& batch() const { return batch_; }

  private:
    Device device_;
    StepArena loading_, arena_;
    Batch batch_;
    int runs_ = 0;  // before it was recorded
    std::optional<DeviceGraph> graph_;
};

/// The elements of `from` into a tensor that stays, which is made at the first call, outside of all arenas. Undefined stays
/// undefined.
void copy_to_stay(const Tensor& from, Tensor& to);

}  // namespace tern
