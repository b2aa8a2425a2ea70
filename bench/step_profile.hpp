// One step of a model, taken apart into the calls of its operations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/models/registry.hpp"

namespace tern::bench {

struct ProfileSettings {
    const ModelInfo* model = nullptr;
    std::int64_t batch_size = 64;
    int steps = 10;          // measured, after warm-up
    bool inference = false;  // the forward pass in evaluation mode alone
    bool onednn = false;     // times oneDNN on the same problems, where has_onednn()
    bool trace = false;      // keeps StepProfile::trace()
};

/// What one row of a table is.
enum class ProfileBy : std::uint8_t { operation, layer, both };

/// Seconds of both where nothing else runs in between, in caches that are warmer than in a step.
struct Repeated {
    double tern = 0, onednn = 0;
};

struct ProfileRow {
    std::string operation;       // "conv2d.backward_weight"; empty: all of the layer
    std::string layer;           // "middle.0.sep1.pointwise", "-" outside the model; empty: all layers
    std::string implementation;  // "cpu"; empty where operation is
    int calls = 0;               // in one step, as are:
    double seconds = 0;          // the median over the steps
    double flops = 0;
    double bytes = 0;                    // of all inputs and outputs
    std::optional<Repeated> repeated{};  // none unless all calls have some
};

class StepProfile {
  public:
    struct Call {
        std::string operation, layer, implementation;
        double flops = 0, bytes = 0;
        std::optional<Repeated> repeated{};
    };
    struct Step {
        std::vector<double> calls;  // seconds of each
        double seconds = 0;         // of all the step
    };
    StepProfile(std::vector<Call> calls, std::vector<Step> steps, std::string trace = "");

    /// The longest first; layers in the order in which they run.
    std::vector<ProfileRow> rows(ProfileBy by) const;
    /// The sum of all calls; its seconds are the median over the steps of their sums.
    ProfileRow total() const;
    /// The median over the steps, with what is in no operation.
    double step_seconds() const;
    /// The measured steps as a chrome_trace(); "" where none was asked for.
    const std::string& trace() const { return trace_; }

  private:
    double median_seconds(const std::vector<std::size_t>& calls) const;

    std::vector<Call> calls_;
    std::vector<Step> steps_;
    std::string trace_;
};

/// Trains a new model on synthetic images, or runs it, on the CPU. The backward pass of an operation counts
/// for the layer whose forward() recorded it.
StepProfile profile_steps(const ProfileSettings& settings);

}  // namespace tern::bench
