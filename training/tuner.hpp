// Which implementation of each operation is the fastest in a model's steps on this machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tern/kernels/dispatch/tuning.hpp"
#include "tern/layers/module.hpp"
#include "tern/training/batch_source.hpp"

namespace tern {

/// A problem that several implementations can do.
struct TunedProblem {
    std::string problem;       // describe_problem()
    std::string_view usual;    // what select() takes by itself
    std::string_view fastest;  // `usual`, unless another was faster by more than kTuningMargin
    struct Timing {
        std::string_view implementation;
        double seconds;  // the median of some launches
    };
    std::vector<Timing> timings;  // in the order of the pass's implementations

    double seconds_of(std::string_view implementation) const;
};

/// Differences of less are within what timings repeat to.
inline constexpr double kTuningMargin = 0.03;

/// Runs one training step of the model on the first `batch_size` samples and one forward pass in evaluation
/// mode, and times every implementation of the device in every problem that has several; ref only where it is the
/// usual one. The parameters change as in any step. The policy of this program should be "auto".
std::vector<TunedProblem> tune(Module& model, const BatchSource& source, std::int64_t batch_size);

/// The choices that differ from the usual ones.
TuningTable::Choices choices_of(const std::vector<TunedProblem>& problems);

}  // namespace tern
