// All parameters in 16 bits, rounded in one go.
#pragma once

#include "tern/layers/flat_parameters.hpp"

namespace tern {

/// What in_type_of() would make of each parameter by itself: one operation in the place of one for each of them.
class RoundedParameters {
  public:
    /// `dtype`: of 16 bits.
    RoundedParameters(const FlatParameters& parameters, DType dtype);

    /// Rounds all parameters as they are now; while it lives, in_type_of() of this thread takes them from here. They
    /// must stay as they are until the backward pass has run.
    class Scope {
      public:
        explicit Scope(const RoundedParameters& rounded);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

      private:
        const RoundedParameters* previous_;
    };

    /// The parameter's elements as `dtype`, with the history of cast(); undefined where no scope has them.
    static Tensor find(const Tensor& parameter, DType dtype);

  private:
    Tensor exact_, rounded_;  // of the layout of FlatParameters
};

}  // namespace tern
