#include "tern/core/memory/memory.hpp"

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/cuda/diagnosis.hpp"
#include "tern/core/devices/device_graph.hpp"
#include "tern/core/error.hpp"

namespace tern {
namespace {

constexpr int kMaxDevices = 65;  // the CPU and 64 GPUs
constexpr std::size_t kHugePage = std::size_t{2} << 20;

struct Counters {
    std::atomic<std::int64_t> in_use{0}, peak{0}, allocations{0};
};

Counters& counters(Device device) {
    static std::array<Counters, kMaxDevices> all;
    const int slot = device.is_cpu() ? 0 : device.index + 1;
    TERN_CHECK(slot >= 0 && slot < kMaxDevices, "device", "index out of range: ", device);
    return all[static_cast<std::size_t>(slot)];
}

void* allocate_cpu(std::size_t bytes) {
    // Slabs of whole huge pages save page faults and TLB misses: the step arena asks for hundreds of MiB.
    const bool huge = bytes >= 2 * kHugePage;
    void* data = nullptr;
    if (posix_memalign(&data, huge ? kHugePage : kAlignment, aligned_size(bytes)) != 0) return nullptr;
    if (huge) madvise(data, bytes, MADV_HUGEPAGE);
    return data;
}

[[noreturn]] void fail_out_of_memory(Device device, std::size_t asked, std::int64_t used) {
    std::int64_t free = -1, total = -1;
    if (device.is_cuda()) {
        const DeviceInfo info = cuda::info(device.index);
        free = info.free_bytes;
        total = info.total_bytes;
    }
    fail("memory", cuda::out_of_memory_text(device, static_cast<std::int64_t>(asked), used, free, total));
}

}  // namespace

void* allocate_bytes(std::size_t bytes, Device device) {
    return allocate_bytes(bytes, current_stream(device));
}

void* allocate_bytes(std::size_t bytes, const Stream& stream) {
    if (bytes == 0) return nullptr;
    const Device device = stream.device;
    if (device.is_cuda()) DeviceGraph::refuse("an allocation");
    Counters& count = counters(device);
    void* data = device.is_cpu() ? allocate_cpu(bytes) : cuda::allocate(bytes, stream);
    if (data == nullptr) fail_out_of_memory(device, bytes, count.in_use.load());
    const std::int64_t now = count.in_use += static_cast<std::int64_t>(bytes);
    ++count.allocations;
    std::int64_t peak = count.peak;
    while (peak < now && !count.peak.compare_exchange_weak(peak, now)) {
    }
    return data;
}

void free_bytes(void* data, std::size_t bytes, Device device) noexcept {
    free_bytes(data, bytes, current_stream(device));
}

void free_bytes(void* data, std::size_t bytes, const Stream& stream) noexcept {
    if (data == nullptr) return;
    counters(stream.device).in_use -= static_cast<std::int64_t>(bytes);
    if (stream.device.is_cpu())
        std::free(data);
    else
        cuda::release(data, stream);
}

MemoryStatistics memory_statistics(Device device) {
    const Counters& count = counters(device);
    return {count.in_use, count.peak, count.allocations};
}

void reset_peak_memory(Device device) {
    Counters& count = counters(device);
    count.peak = count.in_use.load();
}

PoolStatistics pool_statistics(Device device) {
    TERN_CHECK(device.is_cuda(), "memory", "only CUDA devices have a pool, not ", device);
    return cuda::pool_statistics(device.index);
}

void copy_bytes(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
                const Stream& stream) {
    if (bytes == 0) return;
    if (to_device.is_cpu() && from_device.is_cpu()) {
        std::memcpy(to, from, bytes);
        return;
    }
    if (to_device.is_cpu()) DeviceGraph::refuse("a read by the host");
    if (from_device.is_cpu()) DeviceGraph::refuse("an upload");
    cuda::copy(to, to_device, from, from_device, bytes, stream);
}

void fill_bytes(void* data, std::uint8_t value, std::size_t bytes, const Stream& stream) {
    if (bytes == 0) return;
    if (stream.device.is_cpu())
        std::memset(data, value, bytes);
    else
        cuda::fill(data, value, bytes, stream);
}

}  // namespace tern
