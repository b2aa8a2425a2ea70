// A build without CUDA.
#include "tern/bench/device_peaks.hpp"

#include "tern/core/error.hpp"

namespace tern::bench {

DevicePeaks measure_device_peaks(Device device) { fail("bench", "this build has no CUDA, got ", device); }

}  // namespace tern::bench
