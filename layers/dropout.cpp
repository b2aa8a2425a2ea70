#include "tern/layers/dropout.hpp"

#include "tern/kernels/dropout/dropout.hpp"
#include "tern/layers/dropout_scope.hpp"

namespace tern {

Dropout::Dropout(double probability, std::optional<std::uint64_t> seed)
    : probability_(probability), seed_(seed) {
    TERN_CHECK(probability >= 0 && probability < 1, "Dropout", "probability must be in [0, 1), got ",
               probability);
}

Features Dropout::forward(Features features) {
    const Tensor& input = features;
    if (!training() || probability_ == 0) return input;
    const DropoutScope* const scope = DropoutScope::current();
    TERN_CHECK(scope != nullptr, "Dropout",
               "training draws for a step, but there is no DropoutScope; make one before the loop");
    return dropout(input, probability_, scope->next_stream(seed_ ? *seed_ : own_seed()),
                   scope->first_element(input));
}

}  // namespace tern
