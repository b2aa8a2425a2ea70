#include "tern/kernels/dispatch/dispatch.hpp"

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <utility>

#include "tern/core/devices/range.hpp"
#include "tern/core/environment.hpp"
#include "tern/kernels/dispatch/upcast.hpp"

namespace tern {
namespace {

constexpr std::string_view kUnfused = "unfused", kFormerUnfused = "parts";

thread_local const RunHook* run_hook = nullptr;

KernelPolicy& current_policy() {
    static KernelPolicy policy = [] {
        const std::string text = environment("TERN_KERNELS");
        return text.empty() ? KernelPolicy{} : KernelPolicy::parse(text);
    }();
    return policy;
}

bool accepts_as_it_is(const Implementation& implementation, const Problem& problem, std::string* why_not) {
    return implementation.accepts == nullptr || implementation.accepts(problem, why_not);
}

bool accepts_upcast(const Implementation& implementation, const Problem& problem, std::string* why_not) {
    return implementation.upcasts && has_16_bits(problem) &&
           accepts_as_it_is(implementation, Upcast(problem).problem(), why_not);
}

bool accepts(const Implementation& implementation, const Problem& problem, std::string* why_not) {
    const Device device = problem.device();
    if (implementation.device != device.type) return refuse(why_not, "the tensors are on ", device);
    if (implementation.run == nullptr) return refuse(why_not, "not in this build (TERN_CUDA=OFF)");
    return accepts_as_it_is(implementation, problem, why_not) ||
           accepts_upcast(implementation, problem, why_not);
}

// Where no policy names an implementation.
bool accepted_by_default(const Implementation& implementation, const Problem& problem, std::string* why_not) {
    if (implementation.rounds_inputs) return refuse(why_not, "it rounds its inputs, so only by name");
    if (!accepts(implementation, problem, why_not)) return false;
    return implementation.preferred_when == nullptr || implementation.preferred_when(problem, why_not);
}

std::string refusals(const Problem& problem) {
    std::string text;
    for (const Implementation& implementation : problem.pass.implementations) {
        std::string why_not;
        if (accepted_by_default(implementation, problem, &why_not)) break;
        text += to_text(text.empty() ? "" : "; ", implementation.name, ": ", why_not);
    }
    return text;
}

const Implementation& select_forced(const Problem& problem, std::string_view name) {
    const Pass& pass = problem.pass;
    const Implementation* forced = find_implementation(pass, name);
    TERN_CHECK(forced != nullptr, pass.op, name, " is forced, but ", pass.name,
               " has no such implementation");
    std::string why_not;
    if (accepts(*forced, problem, nullptr)) return *forced;
    accepts(*forced, problem, &why_not);
    fail(pass.op, name, " is forced, but refuses ", pass.name, ": ", why_not);
}

void run(const Implementation& implementation, const Problem& problem) {
    const Stream stream = current_stream(problem.device());
    if (run_hook != nullptr)
        run_hook->run(problem, implementation, stream);
    else
        implementation.run(problem, stream);
}

void run_upcast(const Implementation& implementation, const Problem& problem) {
    const Upcast upcast(problem);
    upcast.upcast_inputs();
    run(implementation, upcast.problem());
    upcast.round_outputs();
}

bool verbose_dispatch() {
    static const bool verbose = environment("TERN_VERBOSE").find("dispatch") != std::string::npos;
    return verbose;
}

void print_choice(const Problem& problem, const Implementation& choice) {
    static std::mutex mutex;
    static std::set<std::string> printed;
    const std::string why = refusals(problem);
    const std::string line = to_text(problem.pass.op, '.', problem.pass.name, " -> ", choice.name,
                                     why.empty() ? "" : "  (" + why + ")");
    const std::lock_guard lock(mutex);
    if (printed.insert(line).second) std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace

KernelPolicy KernelPolicy::parse(std::string_view text) {
    KernelPolicy policy;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        const std::string_view item = text.substr(0, comma);
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
        const std::size_t equals = item.find('=');
        if (equals != std::string_view::npos) {
            const Op& op = find_op(item.substr(0, equals));
            const std::string_view name = item.substr(equals + 1);
            if (name == kUnfused || name == kFormerUnfused) {
                TERN_CHECK(op.has_parts(), "kernels", op.name, " is not fused");
                policy.unfused.insert(op.name);
            } else {
                device_of_implementation(name);
                policy.forced.insert_or_assign(op.name, name);
            }
        } else if (item == "auto") {
            policy.preferred.reset();
        } else {
            device_of_implementation(item);
            policy.preferred = item;
        }
    }
    return policy;
}

std::string KernelPolicy::str() const {
    std::string text = preferred.value_or("auto");
    for (const auto& [op, name] : forced) text += to_text(',', op, '=', name);
    for (const std::string& op : unfused) text += to_text(',', op, '=', kUnfused);
    return text;
}

const KernelPolicy& kernel_policy() { return current_policy(); }
void set_kernel_policy(KernelPolicy policy) { current_policy() = std::move(policy); }

bool has_implementation(const Pass& pass, DeviceType device) {
    return std::ranges::any_of(pass.implementations, [device](const Implementation& implementation) {
        return implementation.run != nullptr && implementation.device == device;
    });
}

bool runs_fused(const Op& op, DeviceType device) {
    const KernelPolicy& policy = kernel_policy();
    if (policy.unfused.contains(op.name)) return false;
    return policy.forced.contains(op.name) || op.replaces_parts(device);
}

KernelPolicyScope::KernelPolicyScope(KernelPolicy policy) : previous_(kernel_policy()) {
    set_kernel_policy(std::move(policy));
}
KernelPolicyScope::~KernelPolicyScope() { set_kernel_policy(std::move(previous_)); }

RunHook::RunHook(Function function)
    : function_(std::move(function)), previous_(std::exchange(run_hook, this)) {}
RunHook::~RunHook() { run_hook = previous_; }

const Implementation& select(const Problem& problem, const KernelPolicy& policy) {
    const Pass& pass = problem.pass;
    if (!policy.forced.empty()) {
        const auto forced = policy.forced.find(std::string_view(pass.op));
        if (forced != policy.forced.end()) return select_forced(problem, forced->second);
    }
    if (policy.preferred) {
        const Implementation* preferred = find_implementation(pass, *policy.preferred);
        if (preferred != nullptr && accepts(*preferred, problem, nullptr)) return *preferred;
    }
    if (policy.tuning != nullptr) {
        const Implementation* tuned = policy.tuning->find(problem);
        if (tuned != nullptr && accepts(*tuned, problem, nullptr)) return *tuned;
    }
    for (const Implementation& implementation : pass.implementations) {
        if (accepted_by_default(implementation, problem, nullptr)) return implementation;
    }
    fail(pass.op, "no implementation of ", pass.name, " can do this: ", refusals(problem));
}

void run_problem(const Problem& problem) {
    const NvtxRange range(problem.pass.op);
    const Implementation& choice = select(problem, kernel_policy());
    if (verbose_dispatch()) print_choice(problem, choice);
    const bool upcasts =
        choice.upcasts && has_16_bits(problem) && !accepts_as_it_is(choice, problem, nullptr);
    upcasts ? run_upcast(choice, problem) : run(choice, problem);
    for (const Tensor& output : problem.outputs) {
        if (output.defined()) output.mark_changed();
    }
}

}  // namespace tern
