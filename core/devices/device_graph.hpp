// Work of a device that is recorded once and started again as one.
#pragma once

#include <functional>

#include "tern/core/devices/stream_scope.hpp"

namespace tern {

/// A CUDA graph. What was submitted is run again with the same arguments: the same addresses, and numbers that the host
/// gave as they were. So all that changes from run to run must lie on the device.
class DeviceGraph {
  public:
    /// Calls `work` with a stream of its own as the current one of the CUDA device. What it submits there is recorded,
    /// and does not run. Throws Error where it waits, reads back, uploads, or allocates but from a StepArena that has its
    /// memory.
    DeviceGraph(Device device, const std::function<void()>& work);
    ~DeviceGraph();
    DeviceGraph(const DeviceGraph&) = delete;
    DeviceGraph& operator=(const DeviceGraph&) = delete;

    /// Submits all of it to `stream`.
    void launch(const Stream& stream) const;

    /// Whether this thread is recording.
    static bool is_recording();
    /// Throws Error if so.
    static void refuse(const char* what);

  private:
    // Kept, so that no other graph has it: what kernels count on a stream is in this graph.
    OwnedStream stream_;
    void* native_ = nullptr;
};

}  // namespace tern
