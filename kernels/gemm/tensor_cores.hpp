#pragma once

#include <string>

#include "tern/kernels/dispatch/pass.hpp"

namespace tern::gemm {

/// Products on tensor cores run where a policy names them: since they copy tiles asynchronously (cp.async) and
/// load fragments by ldmatrix, no GPU has run them (docs/gpu.md).
inline bool prefers_tensor_cores(std::string* why_not) {
    return refuse(why_not, "not run on a GPU yet as it is, so only by name");
}

}  // namespace tern::gemm
