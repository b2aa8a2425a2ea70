// A build without CUDA.
#include "tern/bench/device_roofs.hpp"

#include "tern/core/error.hpp"

namespace tern::bench {

DeviceRoofs measure_device_roofs(Device device) { fail("bench", "this build has no CUDA, got ", device); }

}  // namespace tern::bench
