// Runs a kernel's blocks one after the other on the host, the threads of a block as fibers. A thread runs
// until it waits for others; which thread continues next is chosen by a seed, so that every run can be
// repeated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "tern/tests/host_run/runner/vector_types.hpp"

namespace tern::host_run {

/// The order in which blocks, and ready threads of a block, run: 0 ascending, 1 descending, any other number
/// random. Starts as TERN_HOST_RUN_SEED of the environment (0 where unset); one value per thread of the
/// process.
std::uint64_t seed();

/// Another order until the end of the scope.
class ScopedSeed {
  public:
    explicit ScopedSeed(std::uint64_t seed);
    ~ScopedSeed();
    ScopedSeed(const ScopedSeed&) = delete;
    ScopedSeed& operator=(const ScopedSeed&) = delete;

  private:
    std::uint64_t previous_;
};

using KernelBody = void (*)(const void* context);

class SharedMemory;

/// Told of the grids that run on a thread of the process, for what counts their accesses.
class GridObserver {
  public:
    virtual ~GridObserver() = default;
    virtual void begin_grid(const void* kernel, dim3 grid, dim3 block) = 0;
    /// Whether the block is to run; `shared` is its own until its end.
    virtual bool begin_block(std::size_t number, const SharedMemory& shared) = 0;
    /// Barriers that all threads of the block have met at.
    virtual void end_block(std::int64_t barriers) = 0;
};

/// This thread's; null: none.
GridObserver*& grid_observer();

/// Calls body(context) once per thread of the grid; returns when all are done. Throws Error if threads of a
/// block wait for each other in vain, write outside a shared array, or the shape is none that a GPU takes
/// (1024 threads, 48 KiB of static and 227 KiB of all shared memory per block), and whatever the body throws. `kernel` is its name for an observer.
void run_grid(const void* kernel, dim3 grid, dim3 block, std::size_t dynamic_shared_bytes, KernelBody body,
              const void* context);

/// Work of a device in its order.
using Work = std::vector<std::function<void()>>;

/// Where launch() puts what it would run on this thread, as a graph of the device records it; null: it runs. Starts as
/// null.
Work*& recorded_work();

/// Grids that ran, or began to, since the start of the program.
std::int64_t launches();

/// The place in a kernel where a thread waits.
struct Where {
    const char* function;
    const char* file;
    int line;
};

// From here on: for a thread of a running kernel only.

using LaneValue = std::array<std::byte, 16>;
using WarpValues = std::array<LaneValue, 32>;

void block_barrier(Where where);
void warp_barrier(unsigned mask, Where where);
/// Waits for the lanes of `mask` that have not ended; returns what each brought, 0xff for the others.
WarpValues warp_exchange(unsigned mask, const LaneValue& value, Where where);
int lane_index();
/// Orders this thread's accesses before and after against those of every other thread that calls it.
void memory_fence();
[[noreturn]] void trap();
/// Throws Error unless `address` is a multiple of `bytes`, as an access of that size must be on the device.
void check_aligned(const void* address, std::size_t bytes);

}  // namespace tern::host_run
