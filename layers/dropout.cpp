#include "tern/layers/dropout.hpp"

#include <limits>

#include "tern/kernels/dropout/dropout.hpp"

namespace tern {

Dropout::Dropout(double probability, std::uint64_t seed) : probability_(probability), seed_(seed) {
    TERN_CHECK(probability >= 0 && probability < 1, "Dropout", "probability must be in [0, 1), got ",
               probability);
}

Features Dropout::forward(Features features) {
    const Tensor& input = features;
    if (!training() || probability_ == 0) return input;
    TERN_CHECK(step() <= std::numeric_limits<std::uint32_t>::max(), "Dropout",
               "steps go up to 2^32 - 1, got ", step());
    return dropout(input, probability_,
                   RandomStream{seed_, RandomPurpose::dropout, static_cast<std::uint32_t>(step())});
}

}  // namespace tern
