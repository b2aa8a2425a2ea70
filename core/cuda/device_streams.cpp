// Streams and events of the CUDA runtime. The handle of the default stream means that of the current device,
// so every call selects the device first.
#include <map>
#include <mutex>
#include <vector>

#include <cuda_runtime.h>

#include "tern/core/cuda/check.hpp"
#include "tern/core/cuda/device_runtime.hpp"

namespace tern::cuda {
namespace {

cudaStream_t native(const Stream& stream) { return static_cast<cudaStream_t>(stream.native); }
cudaEvent_t native(void* event) { return static_cast<cudaEvent_t>(event); }

struct SpareStreams {
    std::mutex mutex;
    std::map<int, std::vector<void*>> by_device;
};

// Never destroyed: tensors that are freed while the process ends still name these streams.
SpareStreams& spare_streams() {
    static SpareStreams* const spare = new SpareStreams;
    return *spare;
}

}  // namespace

void synchronize(const Stream& stream) {
    use_device(stream.device.index);
    TERN_CUDA_CHECK(cudaStreamSynchronize(native(stream)));
}

void* take_stream(int device) {
    use_device(device);
    SpareStreams& spare = spare_streams();
    {
        const std::lock_guard lock(spare.mutex);
        std::vector<void*>& streams = spare.by_device[device];
        if (!streams.empty()) {
            void* const stream = streams.back();
            streams.pop_back();
            return stream;
        }
    }
    // Not blocking: it neither waits for the default stream nor makes that wait.
    cudaStream_t stream = nullptr;
    TERN_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    return stream;
}

void return_stream(void* stream, int device) noexcept {
    SpareStreams& spare = spare_streams();
    try {
        const std::lock_guard lock(spare.mutex);
        spare.by_device[device].push_back(stream);
    } catch (...) {  // no memory for the list: the stream stays, unused
    }
}

void* make_event(int device) {
    use_device(device);
    cudaEvent_t event = nullptr;
    TERN_CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDefault));
    return event;
}

void destroy_event(void* event, int device) noexcept {
    if (cudaSetDevice(device) == cudaSuccess) cudaEventDestroy(native(event));
    cudaGetLastError();
}

void record_event(void* event, const Stream& stream) {
    use_device(stream.device.index);
    TERN_CUDA_CHECK(cudaEventRecord(native(event), native(stream)));
}

void wait_for_event(const Stream& stream, void* event) {
    use_device(stream.device.index);
    TERN_CUDA_CHECK(cudaStreamWaitEvent(native(stream), native(event), cudaEventWaitDefault));
}

bool event_done(void* event, int device) {
    use_device(device);
    const cudaError_t state = cudaEventQuery(native(event));
    if (state == cudaErrorNotReady) return false;
    TERN_CUDA_CHECK(state);
    return true;
}

void synchronize_event(void* event, int device) {
    use_device(device);
    TERN_CUDA_CHECK(cudaEventSynchronize(native(event)));
}

double seconds_between(void* start, void* end, int device) {
    synchronize_event(end, device);
    float milliseconds = 0;
    TERN_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, native(start), native(end)));
    return static_cast<double>(milliseconds) * 1e-3;
}

}  // namespace tern::cuda
