// The passes of CUDA devices, run on the host.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/tests/host_run/runner/run_grid.hpp"
#include "tern/tests/kernels_on_host/host_passes.hpp"

namespace tern::test {

inline const HostPass& find_host_pass(const Pass& pass, std::string_view implementation) {
    const auto passes = host_passes();
    const auto found = std::ranges::find_if(passes, [&](const HostPass& own) {
        return own.pass == &pass && own.implementation == implementation;
    });
    TERN_CHECK(found != passes.end(), pass.op, implementation, " of ", pass.name, " is no kernel of ours");
    return *found;
}

/// Runs the passes of CUDA devices on the host, and calls `after` with the launches of each.
inline RunHook on_host(std::function<void(const Problem& problem, std::int64_t launches)> after = {}) {
    return RunHook([after = std::move(after)](const Problem& problem, const Implementation& implementation,
                                              const Stream& stream) {
        if (implementation.device != DeviceType::cuda) return implementation.run(problem, stream);
        const std::int64_t before = host_run::launches();
        find_host_pass(problem.pass, implementation.name).run(problem, stream);
        if (after) after(problem, host_run::launches() - before);
    });
}

}  // namespace tern::test
