// What core asks of the CUDA runtime. device_runtime.cpp answers with it; a build without CUDA links
// device_runtime_absent.cpp, which says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tern/core/device.hpp"
#include "tern/core/stream.hpp"

namespace tern::cuda {

/// Usable devices; where there are none, `why_not` (if given) gets one sentence. Never throws.
int device_count(std::string* why_not) noexcept;

/// Null when the device is out of memory.
void* allocate(std::size_t bytes, int device);
void release(void* data, int device) noexcept;
void copy(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
          const Stream& stream);
void fill(void* data, Device device, std::uint8_t value, std::size_t bytes, const Stream& stream);
void synchronize(const Stream& stream);

}  // namespace tern::cuda
