// The passes of our CUDA sources as they run on the host.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tern/kernels/dispatch/pass.hpp"

namespace tern::test {

struct HostPass {
    const Pass* pass;
    std::string_view implementation;  // of which this is the source: cuda or cuda_mma
    void (*run)(const Problem& problem, const Stream& stream);
    bool (*accepts)(const Problem& problem, std::string* why_not);  // null: always
};

template <class P, class I>
HostPass host_pass() {
    const Implementation implementation = implementation_of<P, I>();
    return {&info_of<P>(), I::kName, implementation.run, implementation.accepts};
}

/// Every pass of the .cu files that this program was built with.
std::span<const HostPass> host_passes();

}  // namespace tern::test
