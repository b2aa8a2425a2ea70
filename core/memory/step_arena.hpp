// One block of memory for all tensors of a training step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "tern/core/devices/device.hpp"
#include "tern/core/memory/storage.hpp"

namespace tern {

/// A training step allocates the same tensors in the same order every time. The first step records sizes
/// and lifetimes; from then on every tensor has a fixed place in one slab, so a step allocates nothing and
/// addresses repeat (which graphs of device work need). Later steps are checked against the record: a step
/// that allocates or frees in another order is an Error, never a wrong result. Tensors that outlive the
/// recorded step get memory of their own each time. Steps of another batch size need an arena of their own.
///
/// Use: `{ StepArena::Scope scope(arena); ...one step... }`, on one thread at a time.
class StepArena {
  public:
    explicit StepArena(Device device);
    ~StepArena();
    StepArena(const StepArena&) = delete;
    StepArena& operator=(const StepArena&) = delete;

    class Scope {
      public:
        explicit Scope(StepArena& arena);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

      private:
        StepArena* previous_;
    };

    /// While it lives, tensors that this thread makes are not the step's: for those that are freed at times of their
    /// own, or on other threads.
    class Outside {
      public:
        Outside();
        ~Outside();
        Outside(const Outside&) = delete;
        Outside& operator=(const Outside&) = delete;

      private:
        StepArena* previous_;
    };

    /// The arena whose step this thread is in, if it serves `device`; else null.
    static StepArena* active(Device device);

    std::shared_ptr<Storage> allocate(std::size_t bytes);

    /// Size of the slab; 0 until the second step has begun.
    std::size_t slab_bytes() const;

  private:
    struct State;  // shared with the tensors, which may outlive the arena
    std::shared_ptr<State> state_;
};

}  // namespace tern
