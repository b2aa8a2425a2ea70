// Which implementation runs: the first of a pass's list that accepts the problem, unless a policy says
// otherwise.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tern/kernels/dispatch/op.hpp"
#include "tern/kernels/dispatch/tuning.hpp"

namespace tern {

/// "auto,conv2d=ref": a preference for all operations (auto: none) and demands for single ones.
struct KernelPolicy {
    /// Taken where the operation has it and it accepts the problem; else the usual order decides.
    std::optional<std::string> preferred;
    /// Demands by name of the operation: nothing else will do.
    std::map<std::string, std::string, std::less<>> forced;
    /// "separable_conv2d=unfused": fused operations in whose place the operations run that they are made of.
    std::set<std::string, std::less<>> unfused;
    /// Measured choices, taken in the place of the usual order where they accept the problem; may be null.
    /// Not part of the text.
    std::shared_ptr<const TuningTable> tuning = {};

    /// Throws Error for an unknown operation or name, and for one that is not fused.
    static KernelPolicy parse(std::string_view text);
    std::string str() const;
};

/// The policy of this program: what was set, else TERN_KERNELS, else auto. Set it before threads start.
const KernelPolicy& kernel_policy();
void set_kernel_policy(KernelPolicy policy);

/// Sets a policy for a scope; for tests and benchmarks.
class KernelPolicyScope {
  public:
    explicit KernelPolicyScope(KernelPolicy policy);
    ~KernelPolicyScope();
    KernelPolicyScope(const KernelPolicyScope&) = delete;
    KernelPolicyScope& operator=(const KernelPolicyScope&) = delete;

  private:
    KernelPolicy previous_;
};

/// Whether this build has an implementation of the pass for such devices.
bool has_implementation(const Pass& pass, DeviceType device);

/// Whether a fused operation should run on such devices in the place of its parts: what the policy says of it
/// ("separable_conv2d=unfused", "separable_conv2d=cuda"), else Op::replaces_parts().
bool runs_fused(const Op& op, DeviceType device);

/// The implementation for a problem: a pure function of its arguments. A CPU implementation that takes float32
/// alone is taken for 16-bit tensors too: run_problem() upcasts what it reads and rounds what it writes. One that
/// is not preferred is taken only where the policy names it. Throws Error with all refusals if there is none;
/// a CUDA tensor never falls back to the CPU.
const Implementation& select(const Problem& problem, const KernelPolicy& policy);

/// While it lives, `function` is called in place of every implementation that this thread runs, and must run
/// it: implementation.run(problem, stream). Without one a pass pays for the test of a pointer.
class RunHook {
  public:
    using Function = std::function<void(const Problem& problem, const Implementation& implementation,
                                        const Stream& stream)>;
    explicit RunHook(Function function);
    ~RunHook();
    RunHook(const RunHook&) = delete;
    RunHook& operator=(const RunHook&) = delete;

    void run(const Problem& problem, const Implementation& implementation, const Stream& stream) const {
        function_(problem, implementation, stream);
    }

  private:
    Function function_;
    const RunHook* previous_;
};

/// Selects by kernel_policy() and runs. TERN_VERBOSE=dispatch prints each new choice with the refusals before
/// it.
void run_problem(const Problem& problem);

}  // namespace tern
