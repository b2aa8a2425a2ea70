// Moments in the work of a stream.
#pragma once

#include <chrono>

#include "tern/core/devices/stream.hpp"

namespace tern {

/// Marks how far a stream has come: hold() makes other streams wait for it, and two of one device tell the
/// time between them as the device itself measures it. On the CPU it is the time of the call.
class Event {
  public:
    /// Throws Error where there is no such device.
    explicit Event(Device device);
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    /// Marks the work submitted to `stream`, of the event's device, so far.
    void record(const Stream& stream);
    /// Work submitted to `stream`, of any device, from now on starts when that work is done.
    void hold(const Stream& stream) const;
    /// Whether that work is done; true if nothing was recorded.
    bool done() const;
    /// Returns when that work is done; at once if nothing was recorded.
    void synchronize() const;
    /// Waits for this event. Both must have been recorded.
    double seconds_since(const Event& start) const;

    Device device() const { return device_; }
    /// A cudaEvent_t, or null on the CPU.
    void* native() const { return native_; }

  private:
    Device device_;
    void* native_;
    std::chrono::steady_clock::time_point time_;
};

}  // namespace tern
