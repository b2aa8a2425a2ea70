#include "tern/core/devices/device_graph.hpp"

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/error.hpp"

namespace tern {
namespace {

thread_local bool recording = false;

Device recorded_device(Device device) {
    TERN_CHECK(device.is_cuda(), "DeviceGraph", "records work of CUDA devices, got ", device);
    DeviceGraph::refuse("another graph");
    return device;
}

}  // namespace

bool DeviceGraph::is_recording() { return recording; }
void DeviceGraph::refuse(const char* what) { TERN_CHECK(!recording, "graph", what, " cannot be recorded"); }

DeviceGraph::DeviceGraph(Device device, const std::function<void()>& work)
    : stream_(recorded_device(device)) {
    cuda::begin_capture(stream_.get());
    recording = true;
    try {
        const StreamScope scope(stream_.get());
        work();
    } catch (...) {
        recording = false;
        cuda::abandon_capture(stream_.get());
        throw;
    }
    recording = false;
    native_ = cuda::end_capture(stream_.get());
}

DeviceGraph::~DeviceGraph() { cuda::destroy_graph(native_); }

void DeviceGraph::launch(const Stream& stream) const { cuda::launch_graph(native_, stream); }

}  // namespace tern
