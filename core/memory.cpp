#include "tern/core/memory.hpp"

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

#include "tern/core/cuda/device_memory.hpp"
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

}  // namespace

void* allocate_bytes(std::size_t bytes, Device device) {
    if (bytes == 0) return nullptr;
    Counters& count = counters(device);
    void* data = device.is_cpu() ? allocate_cpu(bytes) : cuda::allocate(bytes, device.index);
    TERN_CHECK(data != nullptr, "memory", "out of memory on ", device, ": asked for ", bytes, " bytes, ",
               count.in_use.load(), " in use; a smaller batch needs less");
    const std::int64_t now = count.in_use += static_cast<std::int64_t>(bytes);
    ++count.allocations;
    std::int64_t peak = count.peak;
    while (peak < now && !count.peak.compare_exchange_weak(peak, now)) {
    }
    return data;
}

void free_bytes(void* data, std::size_t bytes, Device device) noexcept {
    if (data == nullptr) return;
    counters(device).in_use -= static_cast<std::int64_t>(bytes);
    if (device.is_cpu())
        std::free(data);
    else
        cuda::release(data, device.index);
}

MemoryStatistics memory_statistics(Device device) {
    const Counters& count = counters(device);
    return {count.in_use, count.peak, count.allocations};
}

void reset_peak_memory(Device device) {
    Counters& count = counters(device);
    count.peak = count.in_use.load();
}

void copy_bytes(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
                const Stream& stream) {
    if (bytes == 0) return;
    if (to_device.is_cpu() && from_device.is_cpu())
        std::memcpy(to, from, bytes);
    else
        cuda::copy(to, to_device, from, from_device, bytes, stream);
}

void fill_bytes(void* data, Device device, std::uint8_t value, std::size_t bytes, const Stream& stream) {
    if (bytes == 0) return;
    if (device.is_cpu())
        std::memset(data, value, bytes);
    else
        cuda::fill(data, device, value, bytes, stream);
}

}  // namespace tern
