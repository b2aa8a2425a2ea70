// The vector instructions that CPU implementations use on this machine.
#pragma once

#include <string>

namespace tern {

/// The set that was chosen when the program started: "AVX2", "AVX3" (AVX-512), "SSE2", "NEON", ...
std::string simd_target();
/// All sets that this build has and this machine can run, best first.
std::string simd_targets();

}  // namespace tern
