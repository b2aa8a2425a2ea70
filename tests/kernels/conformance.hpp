// Conformance of one implementation with ref, for one case.
#pragma once

#include <string>

#include "tern/kernels/cases/cases.hpp"

namespace tern::test {

using RunFunction = void (*)(const Problem&, const Stream&);

/// Runs `run` on the case in `dtype` and compares with ref in float64 on the same rounded inputs by the
/// case's bounds. Returns "" or one line that says what is wrong. A NaN where ref has none is wrong.
std::string check_conformance(const cases::PassCase& pass_case, DType dtype, RunFunction run,
                              std::uint64_t seed);

/// Whether `implementation` accepts the case in `dtype`.
bool accepts_case(const cases::PassCase& pass_case, DType dtype, const Implementation& implementation);

}  // namespace tern::test
