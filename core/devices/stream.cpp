#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/devices/device_graph.hpp"
#include "tern/core/devices/stream_scope.hpp"

namespace tern {
namespace {

thread_local const StreamScope* innermost = nullptr;

}  // namespace

void Stream::synchronize() const {
    if (!device.is_cuda()) return;
    DeviceGraph::refuse("a wait");
    cuda::synchronize(*this);
}

Stream current_stream(Device device) {
    for (const StreamScope* scope = innermost; scope != nullptr; scope = scope->previous_) {
        if (scope->stream_.device == device) return scope->stream_;
    }
    // CUDA's default stream. One for all threads of the process, so that a tensor may be freed by another
    // thread than the one that used it: its memory is not given out before the work in this queue is done.
    return {device, nullptr};
}

StreamScope::StreamScope(const Stream& stream) noexcept : stream_(stream), previous_(innermost) {
    innermost = this;
}
StreamScope::~StreamScope() { innermost = previous_; }

OwnedStream::OwnedStream(Device device)
    : stream_{device, device.is_cuda() ? cuda::take_stream(device.index) : nullptr} {}
OwnedStream::~OwnedStream() {
    if (stream_.device.is_cuda()) cuda::return_stream(stream_.native, stream_.device.index);
}

}  // namespace tern
