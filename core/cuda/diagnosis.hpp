// What is said where CUDA cannot be used or has run out: pure functions, so that each line has a test that
// needs no GPU.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tern/core/devices/device.hpp"

namespace tern::cuda {

/// "13.0" for CUDA's 13000.
std::string version_text(int version);
/// "512 bytes", "1.5 MiB"
std::string size_text(std::int64_t bytes);

/// What looking for devices gave.
struct DeviceSearch {
    int devices = 0;
    bool driver_too_old = false;  // as the runtime says it
    std::string error;            // name and text of the runtime's error; empty: none
    int driver_version = 0;       // the newest CUDA that the driver serves; 0: there is no driver
    int runtime_version = 0;
    std::string visible;  // CUDA_VISIBLE_DEVICES; empty: not set
};
/// One sentence; "" where there is a device.
std::string why_no_device(const DeviceSearch& search);

/// "" if `index` is one of `count` devices.
std::string index_problem(int index, int count);

/// Whether a build for `architectures`, as CMake writes them ("80-real,90a-real,90-virtual"), has code for
/// a device of compute capability major.minor. Words that are not an architecture ("native") count as yes.
bool has_code_for(std::string_view architectures, int major, int minor);
/// "" if there is code.
std::string architecture_problem(std::string_view architectures, std::string_view device_name, int major,
                                 int minor);

/// free and total of the device; -1: unknown.
std::string out_of_memory_text(Device device, std::int64_t asked, std::int64_t used, std::int64_t free,
                               std::int64_t total);

}  // namespace tern::cuda
