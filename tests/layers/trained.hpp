// Weights and statistics as unlike those of a new model as training may make them.
#pragma once

#include <algorithm>

#include "tern/core/random.hpp"
#include "tern/layers/module.hpp"

namespace tern::test {

/// Statistics and all vectors become random: means and biases within 1 of 0, variances and scales from 0.2 to
/// 3.2, every third scale negative. Matrices and filters stay.
inline void pretend_trained(Module& module, std::uint64_t seed) {
    const RandomStream random{seed, RandomPurpose::user, 0};
    std::uint64_t at = 0;
    for (const auto& [name, tensor] : module.state()) {
        if (tensor.rank() != 1) continue;
        const bool scale = name.ends_with("weight"), positive = scale || name.ends_with("running_var");
        for (std::int64_t i = 0; i < tensor.numel(); ++i) {
            const double u = random.uniform(at++);
            const double value = positive ? (scale && i % 3 == 2 ? -1 : 1) * (0.2 + 3 * u) : 2 * u - 1;
            if (tensor.dtype() == DType::float64)
                tensor.data<double>()[i] = value;
            else
                tensor.data<float>()[i] = static_cast<float>(value);
        }
    }
}

}  // namespace tern::test
