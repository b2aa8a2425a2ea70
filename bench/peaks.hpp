// What this machine can do at most, measured at the start of a run: every result is given as a share of it.
#pragma once

namespace tern::bench {

struct Peaks {
    double flops = 0;  // float32 multiply-add operations per second, all threads (a multiply-add is two)
    double bytes = 0;  // bytes read and written per second by a copy much larger than the caches
};

/// Best of several repeats on num_threads() threads; about half a second.
Peaks measure_peaks();

}  // namespace tern::bench
