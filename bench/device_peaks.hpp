// What a CUDA device can do at most, measured: every result on it is given as a share of it.
#pragma once

#include "tern/core/devices/device.hpp"

namespace tern::bench {

struct DevicePeaks {
    double bytes = 0;         // read and written per second by a copy much larger than the L2 cache
    double flops = 0;         // float32 multiply-adds on the plain units, two operations each
    double tensor_flops = 0;  // bfloat16 with float32 sums on the tensor cores, by warp-wide mma instructions
};

/// Best of several repeats, each timed by events; some tenths of a second.
DevicePeaks measure_device_peaks(Device device);

}  // namespace tern::bench
