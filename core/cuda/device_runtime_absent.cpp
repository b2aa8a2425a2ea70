// The answers of a build without CUDA.
#include "tern/core/cuda/device_runtime.hpp"

#include "tern/core/error.hpp"

namespace tern::cuda {
namespace {

constexpr const char* kWhy = "this build has no CUDA (configured with TERN_CUDA=OFF)";

[[noreturn]] void absent() { fail("cuda", kWhy); }

}  // namespace

int device_count(std::string* why_not) noexcept {
    if (why_not != nullptr) *why_not = kWhy;
    return 0;
}

void use_device(int) { absent(); }
DeviceInfo info(int) { absent(); }
CudaVersions versions() { return {"", "", "", "", kWhy}; }

void* allocate(std::size_t, const Stream&) { absent(); }
void release(void*, const Stream&) noexcept {}
void copy(void*, Device, const void*, Device, std::size_t, const Stream&) { absent(); }
void fill(void*, std::uint8_t, std::size_t, const Stream&) { absent(); }
void fill_elements(void*, const void*, std::size_t, std::int64_t, const Stream&) { absent(); }
PoolStatistics pool_statistics(int) { absent(); }
void* allocate_pinned(std::size_t, int) { absent(); }
void release_pinned(void*) noexcept {}

void synchronize(const Stream&) { absent(); }
void* take_stream(int) { absent(); }
void return_stream(void*, int) noexcept {}
void* make_event(int) { absent(); }
void destroy_event(void*, int) noexcept {}
void record_event(void*, const Stream&) { absent(); }
void wait_for_event(const Stream&, void*) { absent(); }
bool event_done(void*, int) { absent(); }
void synchronize_event(void*, int) { absent(); }
double seconds_between(void*, void*, int) { absent(); }

void begin_capture(const Stream&) { absent(); }
void abandon_capture(const Stream&) noexcept {}
void* end_capture(const Stream&) { absent(); }
void launch_graph(void*, const Stream&) { absent(); }
void destroy_graph(void*) noexcept {}

void push_range(const char*) noexcept {}
void pop_range() noexcept {}

}  // namespace tern::cuda
