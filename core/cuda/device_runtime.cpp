// core's view of the CUDA runtime (linked statically, so a machine without a driver still starts).
#include <cuda_runtime.h>

#include "tern/core/cuda/check.hpp"
#include "tern/core/cuda/device_memory.hpp"
#include "tern/core/error.hpp"

namespace tern::cuda {
namespace {

cudaStream_t native(const Stream& stream) { return static_cast<cudaStream_t>(stream.native); }

// Everything runs on the legacy default stream's per-thread twin until streams are chosen explicitly.
void select(int device) { TERN_CUDA_CHECK(cudaSetDevice(device)); }

}  // namespace

int device_count(std::string* why_not) noexcept {
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaSuccess && count > 0) return count;
    cudaGetLastError();  // clears the sticky error
    if (why_not != nullptr) {
        *why_not = error == cudaSuccess
                       ? "the driver shows no device"
                       : std::string(cudaGetErrorName(error)) + ": " + cudaGetErrorString(error);
    }
    return 0;
}

void* allocate(std::size_t bytes, int device) {
    select(device);
    void* data = nullptr;
    const cudaError_t error = cudaMallocAsync(&data, bytes, cudaStreamPerThread);
    if (error == cudaErrorMemoryAllocation) {
        cudaGetLastError();
        return nullptr;
    }
    TERN_CUDA_CHECK(error);
    return data;
}

void release(void* data, int device) noexcept {
    // Destructors call this, also while the process ends and the driver is gone: nothing can be done about
    // errors.
    if (cudaSetDevice(device) == cudaSuccess) cudaFreeAsync(data, cudaStreamPerThread);
    cudaGetLastError();
}

void copy(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
          const Stream& stream) {
    select(to_device.is_cuda() ? to_device.index : from_device.index);
    TERN_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, native(stream)));
    if (to_device.is_cpu() || from_device.is_cpu()) TERN_CUDA_CHECK(cudaStreamSynchronize(native(stream)));
}

void fill(void* data, Device device, std::uint8_t value, std::size_t bytes, const Stream& stream) {
    select(device.index);
    TERN_CUDA_CHECK(cudaMemsetAsync(data, value, bytes, native(stream)));
}

void synchronize(const Stream& stream) {
    select(stream.device.index);
    TERN_CUDA_CHECK(cudaStreamSynchronize(native(stream)));
}

}  // namespace tern::cuda
