// Facts about CUDA devices and NVIDIA's software, for people to read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tern/core/devices/device.hpp"

namespace tern {

struct DeviceInfo {
    std::string name;
    std::string uuid;          // 32 hexadecimal digits, of this device alone in the world
    int major = 0, minor = 0;  // compute capability
    int multiprocessors = 0;
    std::int64_t l2_bytes = 0;
    std::int64_t total_bytes = 0, free_bytes = 0;
    std::string problem;  // why this build cannot use it; empty: it can
};

/// Of a CUDA device; throws Error where there is none of this index. Asking for free memory starts CUDA on
/// it.
DeviceInfo device_info(Device device);

struct CudaVersions {
    std::string runtime;        // what this build was made with; empty: without CUDA
    std::string driver;         // the newest CUDA that the driver serves; empty: there is no driver
    std::string architectures;  // that this build has code for
    std::string cudnn;          // version and path; empty: not found
    std::string cudnn_missing;  // then: every path tried
};

CudaVersions cuda_versions();

/// Throws Error("[where] ...") unless the device exists and this build has code for it.
void check_device(Device device, std::string_view where);

}  // namespace tern
