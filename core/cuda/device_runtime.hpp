// What core asks of the CUDA runtime. device_runtime.cpp, device_memory.cpp and device_streams.cpp answer
// with it; a build without CUDA links device_runtime_absent.cpp, which says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tern/core/devices/device_info.hpp"
#include "tern/core/devices/stream.hpp"
#include "tern/core/memory/memory.hpp"

namespace tern::cuda {

// -- devices --

/// Usable devices; where there are none, `why_not` (if given) gets one sentence. Never throws.
int device_count(std::string* why_not) noexcept;
/// Makes the device this thread's current one. The first use in a process throws Error if there is no such
/// device, or no code for it, and readies its memory pool.
void use_device(int device);
DeviceInfo info(int device);
CudaVersions versions();

// -- memory, in the order of a stream --

/// Null when the device is out of memory.
void* allocate(std::size_t bytes, const Stream& stream);
void release(void* data, const Stream& stream) noexcept;
void copy(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
          const Stream& stream);
void fill(void* data, std::uint8_t value, std::size_t bytes, const Stream& stream);
/// `count` elements of 1, 2, 4 or 8 bytes, each a copy of the one at `value`.
void fill_elements(void* data, const void* value, std::size_t element_bytes, std::int64_t count,
                   const Stream& stream);
PoolStatistics pool_statistics(int device);
/// Page-locked memory of the host.
void* allocate_pinned(std::size_t bytes, int device);
void release_pinned(void* data) noexcept;

// -- streams and events --

void synchronize(const Stream& stream);
/// A stream of nobody else; return_stream() keeps it for the next, so that a handle is never invalid.
void* take_stream(int device);
void return_stream(void* stream, int device) noexcept;
void* make_event(int device);
void destroy_event(void* event, int device) noexcept;
void record_event(void* event, const Stream& stream);
void wait_for_event(const Stream& stream, void* event);
bool event_done(void* event, int device);
void synchronize_event(void* event, int device);
/// Waits for `end`.
double seconds_between(void* start, void* end, int device);

// -- graphs --

/// Until end_capture() or abandon_capture() what this thread submits to the stream is recorded and does not run.
void begin_capture(const Stream& stream);
void abandon_capture(const Stream& stream) noexcept;
/// What was recorded, to be started by launch_graph().
void* end_capture(const Stream& stream);
void launch_graph(void* graph, const Stream& stream);
void destroy_graph(void* graph) noexcept;

// -- profilers --

void push_range(const char* name) noexcept;
void pop_range() noexcept;

}  // namespace tern::cuda
