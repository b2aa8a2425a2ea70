#include "tern/core/devices/event.hpp"

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/devices/device_graph.hpp"
#include "tern/core/error.hpp"

namespace tern {

Event::Event(Device device)
    : device_(device), native_(device.is_cuda() ? cuda::make_event(device.index) : nullptr) {}

Event::~Event() {
    if (native_ != nullptr) cuda::destroy_event(native_, device_.index);
}

void Event::record(const Stream& stream) {
    TERN_CHECK(stream.device == device_, "event", "made on ", device_, ", recorded on ", stream.device);
    if (native_ != nullptr)
        cuda::record_event(native_, stream);
    else
        time_ = std::chrono::steady_clock::now();
}

void Event::hold(const Stream& stream) const {
    if (native_ == nullptr) return;  // of the CPU: done when recorded
    if (stream.device.is_cuda())
        cuda::wait_for_event(stream, native_);
    else
        synchronize();
}

bool Event::done() const { return native_ == nullptr || cuda::event_done(native_, device_.index); }

void Event::synchronize() const {
    if (native_ == nullptr) return;
    DeviceGraph::refuse("a wait");
    cuda::synchronize_event(native_, device_.index);
}

double Event::seconds_since(const Event& start) const {
    TERN_CHECK(start.device_ == device_, "event", "times on ", start.device_, " and ", device_,
               " cannot be compared");
    if (native_ != nullptr) return cuda::seconds_between(start.native_, native_, device_.index);
    return std::chrono::duration<double>(time_ - start.time_).count();
}

}  // namespace tern
