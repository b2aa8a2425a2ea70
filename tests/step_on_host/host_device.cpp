// core's view of the CUDA runtime, answered by the host. Work is done when it is submitted, so streams and events are names.
#include "tern/tests/step_on_host/host_device.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/error.hpp"
#include "tern/tests/host_run/runner/run_grid.hpp"

namespace tern::test {
namespace {

DeviceCounts counts;

// Begin and end of each allocation on the device.
struct Allocations {
    std::mutex mutex;
    std::map<const std::byte*, const std::byte*> ends;
};

Allocations& allocations() {
    static Allocations* const all = new Allocations;  // tensors are freed while the process ends
    return *all;
}

template <class Run>
void submit(const Run& run) {
    if (host_run::Work* const work = host_run::recorded_work())
        work->push_back(run);
    else
        run();
}

void* allocate_host(std::size_t bytes) {
    constexpr std::size_t kAlignment = 256;  // of CUDA's allocations
    ++counts.allocations;
    void* const data = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
    if (data != nullptr) std::memset(data, 0xff, bytes);  // NaN in every floating type
    return data;
}

}  // namespace

const DeviceCounts& device_counts() { return counts; }

bool on_device(const void* address) {
    const std::lock_guard lock(allocations().mutex);
    const auto& ends = allocations().ends;
    const auto after = ends.upper_bound(static_cast<const std::byte*>(address));
    return after != ends.begin() && address < std::prev(after)->second;
}

}  // namespace tern::test

namespace tern::cuda {

using test::counts, test::submit;

int device_count(std::string*) noexcept { return 1; }
void use_device(int device) { TERN_CHECK(device == 0, "device", "cuda:", device, " is not there"); }

// An H200's, as far as a choice of kernels depends on it.
DeviceInfo info(int) {
    DeviceInfo info;
    info.name = "the host in the place of an H200";
    info.major = 9;
    info.multiprocessors = 132;
    info.l2_bytes = std::int64_t{50} << 20;
    info.total_bytes = info.free_bytes = std::int64_t{1} << 30;
    return info;
}
CudaVersions versions() { return {}; }

void* allocate(std::size_t bytes, const Stream&) {
    auto* const data = static_cast<std::byte*>(test::allocate_host(bytes));
    const std::lock_guard lock(test::allocations().mutex);
    if (data != nullptr) test::allocations().ends[data] = data + bytes;
    return data;
}
void release(void* data, const Stream&) noexcept {
    {
        const std::lock_guard lock(test::allocations().mutex);
        test::allocations().ends.erase(static_cast<const std::byte*>(data));
    }
    std::free(data);
}
void copy(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
          const Stream&) {
    if (to_device.is_cpu() || from_device.is_cpu()) {
        ++(to_device.is_cpu() ? counts.host_reads : counts.uploads);
        std::memcpy(to, from, bytes);
        return;
    }
    submit([to, from, bytes] {
        ++counts.copies;
        std::memcpy(to, from, bytes);
    });
}
void fill(void* data, std::uint8_t value, std::size_t bytes, const Stream&) {
    submit([data, value, bytes] {
        ++counts.fills;
        std::memset(data, value, bytes);
    });
}
void fill_elements(void* data, const void* value, std::size_t element_bytes, std::int64_t count,
                   const Stream&) {
    std::array<std::byte, 8> element{};
    std::memcpy(element.data(), value, element_bytes);
    submit([data, element, element_bytes, count] {
        ++counts.fills;
        auto* to = static_cast<std::byte*>(data);
        for (std::int64_t i = 0; i < count; ++i, to += element_bytes)
            std::memcpy(to, element.data(), element_bytes);
    });
}
PoolStatistics pool_statistics(int) { return {}; }
void* allocate_pinned(std::size_t bytes, int) { return test::allocate_host(bytes); }
void release_pinned(void* data) noexcept { std::free(data); }

void synchronize(const Stream&) { ++counts.synchronizations; }
void* take_stream(int) { return new char; }
void return_stream(void* stream, int) noexcept { delete static_cast<char*>(stream); }
void* make_event(int) { return new char; }
void destroy_event(void* event, int) noexcept { delete static_cast<char*>(event); }
void record_event(void*, const Stream&) {}
void wait_for_event(const Stream&, void*) {}
bool event_done(void*, int) { return true; }
void synchronize_event(void*, int) { ++counts.synchronizations; }
double seconds_between(void*, void*, int) { return 0; }

void begin_capture(const Stream&) { host_run::recorded_work() = new host_run::Work; }
void abandon_capture(const Stream&) noexcept { delete std::exchange(host_run::recorded_work(), nullptr); }
void* end_capture(const Stream&) { return std::exchange(host_run::recorded_work(), nullptr); }
void launch_graph(void* graph, const Stream&) {
    ++counts.graphs;
    for (const auto& run : *static_cast<host_run::Work*>(graph)) run();
}
void destroy_graph(void* graph) noexcept { delete static_cast<host_run::Work*>(graph); }

void push_range(const char*) noexcept {}
void pop_range() noexcept {}

}  // namespace tern::cuda
