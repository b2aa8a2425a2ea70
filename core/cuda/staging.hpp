// Copies between the host's pageable memory and a device, by way of page-locked buffers.
#pragma once

#include <cstddef>

#include "tern/core/devices/stream.hpp"

namespace tern::cuda {

/// Returns when `from` may be changed or freed; the device may not have the bytes yet, but work submitted to
/// the stream later finds them.
void upload(void* to, const void* from, std::size_t bytes, const Stream& stream);
/// Returns when the bytes are there.
void download(void* to, const void* from, std::size_t bytes, const Stream& stream);

}  // namespace tern::cuda
