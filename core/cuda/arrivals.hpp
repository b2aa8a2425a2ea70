// The number that blocks of a kernel count up when they are done, to know which of them is the last one.
#pragma once

#include "tern/core/devices/stream.hpp"

namespace tern::cuda {

#ifdef TERN_HOST_RUN

inline unsigned* arrivals(const Stream&) {
    static thread_local unsigned count;
    count = 0;  // after a kernel that ended in an error, too
    return &count;
}

#else

/// Of this stream alone, whose kernels run one after the other; in the memory of its device, and 0 between kernels: the
/// last block must leave it so. Never freed.
unsigned* arrivals(const Stream& stream);

#endif

}  // namespace tern::cuda
