// core's view of the CUDA runtime (linked statically, so a machine without a driver still starts).
#include "tern/core/cuda/device_runtime.hpp"

#include <array>
#include <cstdlib>
#include <mutex>

#include <cuda_runtime.h>

#include "tern/core/cuda/check.hpp"
#include "tern/core/cuda/cudnn.hpp"
#include "tern/core/cuda/diagnosis.hpp"
#include "tern/core/error.hpp"

namespace tern::cuda {
namespace {

constexpr int kMaxDevices = 64;

DeviceSearch search() {
    DeviceSearch result;
    const cudaError_t error = cudaGetDeviceCount(&result.devices);
    if (error != cudaSuccess) {
        cudaGetLastError();  // else the next check would find it again
        result.devices = 0;
        result.driver_too_old = error == cudaErrorInsufficientDriver;
        result.error = to_text(cudaGetErrorName(error), ": ", cudaGetErrorString(error));
    }
    if (cudaDriverGetVersion(&result.driver_version) != cudaSuccess) result.driver_version = 0;
    if (cudaRuntimeGetVersion(&result.runtime_version) != cudaSuccess)
        result.runtime_version = CUDART_VERSION;
    cudaGetLastError();
    const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
    if (visible != nullptr) result.visible = visible;
    return result;
}

int attribute(cudaDeviceAttr which, int device) {
    int value = 0;
    TERN_CUDA_CHECK(cudaDeviceGetAttribute(&value, which, device));
    return value;
}

cudaDeviceProp properties_of(int device) {
    cudaDeviceProp properties{};
    TERN_CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
    return properties;
}

std::string name_of(int device) { return properties_of(device).name; }

std::string text_of(const cudaUUID_t& uuid) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char byte : uuid.bytes) {
        const auto value = static_cast<unsigned char>(byte);
        text += {kDigits[value / 16], kDigits[value % 16]};
    }
    return text;
}

void check_usable(int device) {
    const DeviceSearch found = search();
    const std::string none = why_no_device(found);
    TERN_CHECK(none.empty(), "device", "cuda:", device, " cannot be used: ", none);
    const std::string misplaced = index_problem(device, found.devices);
    TERN_CHECK(misplaced.empty(), "device", misplaced);
    const std::string mismatch = architecture_problem(TERN_CUDA_ARCHITECTURES, name_of(device),
                                                      attribute(cudaDevAttrComputeCapabilityMajor, device),
                                                      attribute(cudaDevAttrComputeCapabilityMinor, device));
    TERN_CHECK(mismatch.empty(), "device", "cuda:", device, " cannot be used: ", mismatch);
    TERN_CHECK(attribute(cudaDevAttrMemoryPoolsSupported, device) != 0, "device", "cuda:", device, " (",
               name_of(device), ") has no stream-ordered memory pools, which tern's memory comes from");
}

// What the pool has once taken it keeps: without this every wait for the stream would give it back.
void ready_pool(int device) {
    cudaMemPool_t pool = nullptr;
    TERN_CUDA_CHECK(cudaDeviceGetDefaultMemPool(&pool, device));
    std::uint64_t keep = UINT64_MAX;
    TERN_CUDA_CHECK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep));
}

}  // namespace

int device_count(std::string* why_not) noexcept {
    try {
        const DeviceSearch found = search();
        if (found.devices == 0 && why_not != nullptr) *why_not = why_no_device(found);
        return found.devices;
    } catch (...) {  // no memory for the text
        return 0;
    }
}

void use_device(int device) {
    static std::array<std::once_flag, kMaxDevices> checked;
    TERN_CHECK(device >= 0 && device < kMaxDevices, "device", "cuda:", device, " is not in [0, ", kMaxDevices,
               ')');
    // Where it throws, the next use looks again.
    std::call_once(checked[static_cast<std::size_t>(device)], [device] {
        check_usable(device);
        TERN_CUDA_CHECK(cudaSetDevice(device));
        ready_pool(device);
    });
    TERN_CUDA_CHECK(cudaSetDevice(device));
}

DeviceInfo info(int device) {
    const std::string misplaced = index_problem(device, device_count(nullptr));
    TERN_CHECK(misplaced.empty(), "device", misplaced);
    DeviceInfo result;
    const cudaDeviceProp properties = properties_of(device);
    result.name = properties.name;
    result.uuid = text_of(properties.uuid);
    result.major = attribute(cudaDevAttrComputeCapabilityMajor, device);
    result.minor = attribute(cudaDevAttrComputeCapabilityMinor, device);
    result.multiprocessors = attribute(cudaDevAttrMultiProcessorCount, device);
    result.l2_bytes = attribute(cudaDevAttrL2CacheSize, device);
    result.problem = architecture_problem(TERN_CUDA_ARCHITECTURES, result.name, result.major, result.minor);
    std::size_t free = 0, total = 0;
    TERN_CUDA_CHECK(cudaSetDevice(device));
    TERN_CUDA_CHECK(cudaMemGetInfo(&free, &total));
    result.free_bytes = static_cast<std::int64_t>(free);
    result.total_bytes = static_cast<std::int64_t>(total);
    return result;
}

CudaVersions versions() {
    const DeviceSearch found = search();
    CudaVersions result;
    result.runtime = version_text(found.runtime_version);
    result.driver = found.driver_version == 0 ? "" : version_text(found.driver_version);
    result.architectures = TERN_CUDA_ARCHITECTURES;
    std::string why_not;
    result.cudnn = cudnn_available(&why_not) ? cudnn_version() : "";
    result.cudnn_missing = why_not;
    return result;
}

}  // namespace tern::cuda
