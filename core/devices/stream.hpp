// The queue that work is submitted to. On the CPU work is done when the call returns.
#pragma once

#include "tern/core/devices/device.hpp"

namespace tern {

/// A non-owning handle: `native` is a cudaStream_t on CUDA devices and null on the CPU.
struct Stream {
    Device device;
    void* native = nullptr;

    /// Returns when all work submitted so far is done.
    void synchronize() const;
};

/// The stream that operations of this thread use on `device`.
Stream current_stream(Device device);

}  // namespace tern
