// Memory of CUDA devices, all of it from the stream-ordered pool.
#include <cuda_runtime.h>

#include "tern/core/cuda/check.hpp"
#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/cuda/staging.hpp"
#include "tern/core/error.hpp"

namespace tern::cuda {
namespace {

cudaStream_t native(const Stream& stream) { return static_cast<cudaStream_t>(stream.native); }

cudaMemPool_t pool_of(int device) {
    cudaMemPool_t pool = nullptr;
    TERN_CUDA_CHECK(cudaDeviceGetDefaultMemPool(&pool, device));
    return pool;
}

// Between two devices: neither stream knows of the other, so the host waits for both. Rare, and never in a
// step.
void copy_across(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
                 const Stream& stream) {
    synchronize(current_stream(from_device));
    use_device(stream.device.index);
    TERN_CUDA_CHECK(cudaMemcpyPeerAsync(to, to_device.index, from, from_device.index, bytes, native(stream)));
    synchronize(stream);
}

}  // namespace

void* allocate(std::size_t bytes, const Stream& stream) {
    use_device(stream.device.index);
    void* data = nullptr;
    cudaError_t error = cudaMallocAsync(&data, bytes, native(stream));
    if (error == cudaErrorMemoryAllocation) {
        // The pool may hold enough in pieces, or wait for work that frees some: once more with all given
        // back.
        cudaGetLastError();
        TERN_CUDA_CHECK(cudaStreamSynchronize(native(stream)));
        TERN_CUDA_CHECK(cudaMemPoolTrimTo(pool_of(stream.device.index), 0));
        error = cudaMallocAsync(&data, bytes, native(stream));
    }
    if (error == cudaErrorMemoryAllocation) {
        cudaGetLastError();
        return nullptr;
    }
    TERN_CUDA_CHECK(error);
    return data;
}

void release(void* data, const Stream& stream) noexcept {
    // Destructors call this, also while the process ends and the driver is gone: nothing can be done about
    // errors.
    if (cudaSetDevice(stream.device.index) == cudaSuccess) cudaFreeAsync(data, native(stream));
    cudaGetLastError();
}

void copy(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
          const Stream& stream) {
    use_device(stream.device.index);
    if (from_device.is_cpu()) return upload(to, from, bytes, stream);
    if (to_device.is_cpu()) return download(to, from, bytes, stream);
    if (to_device != from_device) return copy_across(to, to_device, from, from_device, bytes, stream);
    TERN_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, native(stream)));
}

void fill(void* data, std::uint8_t value, std::size_t bytes, const Stream& stream) {
    use_device(stream.device.index);
    TERN_CUDA_CHECK(cudaMemsetAsync(data, value, bytes, native(stream)));
}

PoolStatistics pool_statistics(int device) {
    use_device(device);
    cudaMemPool_t const pool = pool_of(device);
    const auto read = [pool](cudaMemPoolAttr which) {
        std::uint64_t value = 0;
        TERN_CUDA_CHECK(cudaMemPoolGetAttribute(pool, which, &value));
        return static_cast<std::int64_t>(value);
    };
    return {read(cudaMemPoolAttrReservedMemCurrent), read(cudaMemPoolAttrReservedMemHigh),
            read(cudaMemPoolAttrUsedMemCurrent), read(cudaMemPoolAttrUsedMemHigh)};
}

void* allocate_pinned(std::size_t bytes, int device) {
    use_device(device);
    void* data = nullptr;
    TERN_CUDA_CHECK(cudaHostAlloc(&data, bytes, cudaHostAllocPortable));
    return data;
}

void release_pinned(void* data) noexcept {
    cudaFreeHost(data);
    cudaGetLastError();
}

}  // namespace tern::cuda
