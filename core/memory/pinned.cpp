#include "tern/core/memory/pinned.hpp"

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/memory/memory.hpp"

namespace tern {

PinnedBuffer::PinnedBuffer(std::size_t bytes, Device device)
    : bytes_(bytes),
      device_(device),
      data_(device.is_cuda() ? cuda::allocate_pinned(bytes, device.index) : allocate_bytes(bytes, device)) {}

PinnedBuffer::~PinnedBuffer() {
    if (device_.is_cuda())
        cuda::release_pinned(data_);
    else
        free_bytes(data_, bytes_, device_);
}

}  // namespace tern
