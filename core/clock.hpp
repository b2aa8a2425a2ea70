// Seconds that only go on.
#pragma once

#include <chrono>

namespace tern {

/// Of the steady clock, since some moment that is the same for all of a process.
inline double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace tern
