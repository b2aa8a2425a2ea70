// Memory of the host that a device can read and write by itself.
#pragma once

#include <cstddef>

#include "tern/core/devices/device.hpp"

namespace tern {

/// Page-locked, so that copies to and from a CUDA device run while the host does something else; plain
/// memory where the device is the CPU. The owner must wait for copies before it goes.
class PinnedBuffer {
  public:
    /// Throws Error when there is not enough memory to lock, or no such device.
    PinnedBuffer(std::size_t bytes, Device device);
    ~PinnedBuffer();
    PinnedBuffer(const PinnedBuffer&) = delete;
    PinnedBuffer& operator=(const PinnedBuffer&) = delete;

    std::byte* data() const { return static_cast<std::byte*>(data_); }
    std::size_t bytes() const { return bytes_; }

  private:
    std::size_t bytes_;
    Device device_;
    void* data_;
};

}  // namespace tern
