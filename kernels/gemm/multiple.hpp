#pragma once

#include <cstdint>

namespace tern::gemm {

/// The least multiple of `of` that is not less.
inline std::int64_t up_to_multiple(std::int64_t count, std::int64_t of) { return (count + of - 1) / of * of; }

}  // namespace tern::gemm
