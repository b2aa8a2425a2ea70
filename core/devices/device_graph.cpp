#include "tern/core/devices/device_graph.hpp"

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/devices/stream_scope.hpp"
#include "tern/core/error.hpp"

namespace tern {
namespace {

thread_local bool recording = false;

}  // namespace

bool DeviceGraph::is_recording() { return recording; }
void DeviceGraph::refuse(const char* what) { TERN_CHECK(!recording, "graph", what, " cannot be recorded"); }

DeviceGraph::DeviceGraph(Device device, const std::function<void()>& work) {
    TERN_CHECK(device.is_cuda(), "DeviceGraph", "records work of CUDA devices, got ", device);
    refuse("another graph");
    const OwnedStream stream(device);
    cuda::begin_capture(stream.get());
    recording = true;
    try {
        const StreamScope scope(stream.get());
        work();
    } catch (...) {
        recording = false;
        cuda::abandon_capture(stream.get());
        throw;
    }
    recording = false;
    native_ = cuda::end_capture(stream.get());
}

DeviceGraph::~DeviceGraph() { cuda::destroy_graph(native_); }

void DeviceGraph::launch(const Stream& stream) const { cuda::launch_graph(native_, stream); }

}  // namespace tern
