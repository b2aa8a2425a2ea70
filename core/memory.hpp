// Raw memory of a device: allocation, copies, fills. Tensors are above this; nothing else allocates.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tern/core/device.hpp"
#include "tern/core/stream.hpp"

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

/// Uninitialised memory; throws Error with the bytes asked for, in use and free. 0 bytes give null.
void* allocate_bytes(std::size_t bytes, Device device);
void free_bytes(void* data, std::size_t bytes, Device device) noexcept;

MemoryStatistics memory_statistics(Device device);
/// Peak becomes what is in use now.
void reset_peak_memory(Device device);

/// Between any two devices; the ranges must not overlap. On a CUDA device it is ordered on `stream`, and
/// copies to and from the CPU wait until they are done.
void copy_bytes(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
                const Stream& stream);
void fill_bytes(void* data, Device device, std::uint8_t value, std::size_t bytes, const Stream& stream);

}  // namespace tern
