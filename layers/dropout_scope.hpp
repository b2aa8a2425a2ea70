// The step that dropout draws for, and the place of a piece in its batch.
#pragma once

#include <cstdint>
#include <map>

#include "tern/core/random.hpp"
#include "tern/core/tensor.hpp"

namespace tern {

/// While it lives, the dropouts that this thread runs in training mode draw for its step. A loop of one's own
/// makes one before it, and Optimizer::step() moves it on:
///
///     const tern::DropoutScope dropout;
///     for (const auto& [input, target] : batches) {
///         optimizer->zero_grad();
///         tern::backward(loss(model(input), target));
///         optimizer->step();
///     }
///
/// Trainer has its own. Scopes nest; the innermost counts. What is drawn follows from the dropout's seed, the
/// step, the number of the call and the element alone: the first call with a seed within a step draws from
/// stream (seed, dropout, step), each further one (a layer that runs twice) from one of a derived seed.
class DropoutScope {
  public:
    /// `step`: that of the first step, where a run continues.
    explicit DropoutScope(std::uint64_t step = 0);
    ~DropoutScope();
    DropoutScope(const DropoutScope&) = delete;
    DropoutScope& operator=(const DropoutScope&) = delete;

    /// The innermost of this thread; null outside all.
    static const DropoutScope* current();

    std::uint64_t step() const { return step_; }
    /// Whether a dropout has drawn in this step and piece.
    bool is_used() const { return !calls_.empty(); }
    /// The next step begins, with the first row of its batch. Optimizer::step() calls it for the innermost
    /// scope.
    void next_step() const;
    /// What runs from now on are the rows of the step's batch from `row` on, so that a batch in pieces draws
    /// what it draws whole: rows are the first dimension, and samples. Throws Error for a negative row.
    void start_piece(std::int64_t row) const;

    /// What a dropout of this seed draws from next. Throws Error for a step above 2^32 - 1.
    RandomStream next_stream(std::uint64_t seed) const;
    /// The number of the first element of `piece` among those of its batch.
    std::uint64_t first_element(const Tensor& piece) const;

  private:
    const DropoutScope* previous_;
    // What moves on belongs to the thread, also where the scope is declared const.
    mutable std::uint64_t step_;
    mutable std::int64_t row_ = 0;
    mutable std::map<std::uint64_t, std::uint64_t> calls_;  // of a seed, in this step and piece
};

}  // namespace tern
