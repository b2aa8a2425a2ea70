// Raw memory of a device: allocation, copies, fills. Tensors are above this; nothing else allocates.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tern/core/devices/device.hpp"
#include "tern/core/devices/stream.hpp"

namespace tern {

/// Every allocation starts at a multiple of this: a cache line, and the widest vector of any CPU or GPU.
inline constexpr std::size_t kAlignment = 64;

constexpr std::size_t aligned_size(std::size_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

struct MemoryStatistics {
    std::int64_t bytes_in_use = 0;
    std::int64_t peak_bytes = 0;
    std::int64_t allocations = 0;  // since the start of the program
};

/// Uninitialised memory for work on `stream`, or on the current stream of a device; throws Error with the
/// bytes asked for, in use and free. 0 bytes give null.
void* allocate_bytes(std::size_t bytes, const Stream& stream);
void* allocate_bytes(std::size_t bytes, Device device);
/// In the order of the stream: work submitted to it before still has the memory.
void free_bytes(void* data, std::size_t bytes, const Stream& stream) noexcept;
void free_bytes(void* data, std::size_t bytes, Device device) noexcept;

MemoryStatistics memory_statistics(Device device);
/// Peak becomes what is in use now.
void reset_peak_memory(Device device);

/// The pool that all memory of a CUDA device comes from. What it has reserved it keeps until the process ends
/// or memory runs out.
struct PoolStatistics {
    std::int64_t reserved_bytes = 0, peak_reserved_bytes = 0;
    std::int64_t used_bytes = 0, peak_used_bytes = 0;
};
PoolStatistics pool_statistics(Device device);

/// Between any two devices; the ranges must not overlap. On a CUDA device it is ordered on `stream`. Copies
/// to the CPU wait until they are done, copies from it only until the source has been read.
void copy_bytes(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
                const Stream& stream);
void fill_bytes(void* data, std::uint8_t value, std::size_t bytes, const Stream& stream);

}  // namespace tern
