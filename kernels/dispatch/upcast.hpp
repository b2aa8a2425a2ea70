// 16-bit tensors on the CPU are computed in float32, as ref does it element by element.
#pragma once

#include "tern/kernels/dispatch/op.hpp"

namespace tern {

/// Whether a tensor of the problem is bfloat16 or float16.
bool has_16_bits(const Problem& problem);

/// A problem with tensors of float32 in the place of those of 16 bits, for implementations that know float32
/// alone.
class Upcast {
  public:
    /// `problem` must live as long. Nothing is copied yet.
    explicit Upcast(const Problem& problem);

    Problem problem() const { return {original_.pass, original_.params_ref, inputs_, outputs_}; }
    /// Copies the inputs.
    void upcast_inputs() const;
    /// Rounds the results to the outputs of the original problem.
    void round_outputs() const;

  private:
    const Problem& original_;
    Tensors inputs_, outputs_;
};

}  // namespace tern
