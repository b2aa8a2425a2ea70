// The numbers that blocks of a kernel count up when they are done, to know which of them is the last one.
#pragma once

#include "tern/core/devices/stream.hpp"

#ifdef TERN_HOST_RUN
#include <array>
#endif

namespace tern::cuda {

/// How many there are: the last of some blocks is known by one of its own.
inline constexpr int kArrivals = 8192;

#ifdef TERN_HOST_RUN

inline unsigned* arrivals(const Stream&) {
    static thread_local std::array<unsigned, kArrivals> counts;
    counts = {};  // after a kernel that ended in an error, too
    return counts.data();
}

#else

/// Of this stream alone, whose kernels run one after the other; in the memory of its device, and all 0 between kernels: the
/// last block must leave its own so. Never freed.
unsigned* arrivals(const Stream& stream);

#endif

}  // namespace tern::cuda
