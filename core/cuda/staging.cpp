#include "tern/core/cuda/staging.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include <cuda_runtime.h>

#include "tern/core/cuda/check.hpp"
#include "tern/core/devices/event.hpp"
#include "tern/core/error.hpp"
#include "tern/core/memory/pinned.hpp"

namespace tern::cuda {
namespace {

// Two, so that the host fills one while the device reads the other. At 4 MiB a copy over PCI Express takes
// 0.1 to 0.3 ms, far more than starting it.
constexpr std::size_t kBufferBytes = std::size_t{4} << 20;

struct Buffer {
    explicit Buffer(Device device) : memory(kBufferBytes, device), done(device) {}

    PinnedBuffer memory;
    Event done;  // the device has read or written the memory
};

// The buffers of this thread for a device; each waits for its last use before the next.
struct Staging {
    explicit Staging(Device device) : buffers{Buffer(device), Buffer(device)} {}

    Buffer& next() {
        Buffer& buffer = buffers[turn++ % buffers.size()];
        buffer.done.synchronize();
        return buffer;
    }
    ~Staging() {
        for (const Buffer& buffer : buffers) {
            try {
                buffer.done.synchronize();
            } catch (const Error&) {  // the thread or the process ends, perhaps after an error of the device
            }
        }
    }
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    std::array<Buffer, 2> buffers;
    std::size_t turn = 0;
};

Staging& staging(Device device) {
    thread_local std::map<int, Staging> all;
    return all.try_emplace(device.index, device).first->second;
}

cudaStream_t native(const Stream& stream) { return static_cast<cudaStream_t>(stream.native); }

}  // namespace

void upload(void* to, const void* from, std::size_t bytes, const Stream& stream) {
    Staging& own = staging(stream.device);
    for (std::size_t begin = 0; begin < bytes; begin += kBufferBytes) {
        const std::size_t part = std::min(kBufferBytes, bytes - begin);
        Buffer& buffer = own.next();
        std::memcpy(buffer.memory.data(), static_cast<const std::byte*>(from) + begin, part);
        TERN_CUDA_CHECK(cudaMemcpyAsync(static_cast<std::byte*>(to) + begin, buffer.memory.data(), part,
                                        cudaMemcpyHostToDevice, native(stream)));
        buffer.done.record(stream);
    }
}

void download(void* to, const void* from, std::size_t bytes, const Stream& stream) {
    Staging& own = staging(stream.device);
    struct Part {
        Buffer* buffer = nullptr;
        std::size_t begin = 0, bytes = 0;

        void finish(void* target) const {
            if (buffer == nullptr) return;
            buffer->done.synchronize();
            std::memcpy(static_cast<std::byte*>(target) + begin, buffer->memory.data(), bytes);
        }
    } previous;
    for (std::size_t begin = 0; begin < bytes; begin += kBufferBytes) {
        const Part part{&own.next(), begin, std::min(kBufferBytes, bytes - begin)};
        TERN_CUDA_CHECK(cudaMemcpyAsync(part.buffer->memory.data(),
                                        static_cast<const std::byte*>(from) + begin, part.bytes,
                                        cudaMemcpyDeviceToHost, native(stream)));
        part.buffer->done.record(stream);
        previous.finish(to);
        previous = part;
    }
    previous.finish(to);
}

}  // namespace tern::cuda
