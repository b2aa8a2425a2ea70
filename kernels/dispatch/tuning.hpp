// Measured choices of implementations: what `tern tune` finds and select() follows.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "tern/kernels/dispatch/op.hpp"

namespace tern {

/// "conv2d.forward float32(64,32,32,3) float32(32,3,3,3) - -> float32(64,32,32,32)": the pass and its
/// tensors, "-" for one that is left out. Parameters are not part of it: in a model the shapes tell them.
std::string describe_problem(const Problem& problem);

/// An implementation for each of some problems. Reading is safe from several threads.
class TuningTable {
  public:
    using Choices = std::map<std::string, std::string, std::less<>>;  // by describe_problem()

    /// Throws Error for a name of an operation or pass that there is none of, or a pass without that
    /// implementation.
    explicit TuningTable(Choices choices);

    /// Null where the table does not have the problem. A problem that this thread has asked for costs a hash
    /// of its shapes.
    const Implementation* find(const Problem& problem) const;
    const Choices& choices() const { return choices_; }

  private:
    Choices choices_;
    std::uint64_t number_;  // no two tables of a process have the same
};

}  // namespace tern
