// Which stream work goes to, and streams of one's own.
#pragma once

#include "tern/core/devices/stream.hpp"

namespace tern {

/// Makes a stream the current one of its device, on this thread, until the end of the scope; outside of any
/// scope that is the default stream of the device, which all threads share.
///
/// The caller orders streams among each other: what one wrote, another reads after Event::hold(). Memory is
/// freed in the order of the stream that it was allocated on, so a tensor that another stream uses must live
/// until that work is done.
class StreamScope {
  public:
    explicit StreamScope(const Stream& stream) noexcept;
    ~StreamScope();
    StreamScope(const StreamScope&) = delete;
    StreamScope& operator=(const StreamScope&) = delete;

  private:
    friend Stream current_stream(Device device);

    Stream stream_;
    const StreamScope* previous_;
};

/// A stream of its own. The handle stays valid when the owner is gone (streams are used again, never
/// destroyed), so tensors allocated on it may outlive it. Throws Error where there is no such device.
class OwnedStream {
  public:
    explicit OwnedStream(Device device);
    ~OwnedStream();
    OwnedStream(const OwnedStream&) = delete;
    OwnedStream& operator=(const OwnedStream&) = delete;

    const Stream& get() const { return stream_; }

  private:
    Stream stream_;
};

}  // namespace tern
