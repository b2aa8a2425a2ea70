// What the memory accesses of kernels cost on a device, counted while the kernels run on the host: each warp's accesses are
// put together as they happen, into 32-byte sectors of global memory and passes over the 32 banks of shared memory.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "tern/tests/host_run/runner/run_grid.hpp"

namespace tern::counters {

/// Of global memory. A request is one instruction of a warp.
struct GlobalCounts {
    std::int64_t requests = 0;
    std::int64_t sectors = 0;  // of 32 bytes, that move
    std::int64_t bytes = 0;    // of these, that a lane asked for; what several lanes ask for counts once
};

/// Of shared memory.
struct SharedCounts {
    std::int64_t requests = 0;
    std::int64_t passes = 0;  // over the banks
    std::int64_t least = 0;   // passes without conflicts: one for each 128 bytes that the lanes ask for
};

struct KernelCounts {
    std::int64_t launches = 0, blocks = 0;
    int threads = 0;  // of a block
    // -- of the blocks that were looked at --
    std::size_t shared_bytes = 0;  // of the one that has most
    std::int64_t counted_blocks = 0, barriers = 0;
    GlobalCounts loads, stores;
    SharedCounts shared_loads, shared_stores;
    std::int64_t atomics = 0;  // of lanes
};

/// While it lives, the grids that this thread runs are counted, at most `most_blocks` evenly spread blocks of each; the others run as
/// well, unless `skip`. The kernels must be compiled with -fsanitize=thread, whose calls count here; only accesses of memory that on_device() knows are global.
class AccessCounts : public host_run::GridObserver {
  public:
    using OnDevice = bool (*)(const void* address);
    AccessCounts(OnDevice on_device, std::int64_t most_blocks, bool skip);
    ~AccessCounts() override;
    AccessCounts(const AccessCounts&) = delete;
    AccessCounts& operator=(const AccessCounts&) = delete;

    /// By the address of the kernel.
    const std::map<const void*, KernelCounts>& kernels() const { return kernels_; }

    void begin_grid(const void* kernel, dim3 grid, dim3 block) override;
    bool begin_block(std::size_t number, const host_run::SharedMemory& shared) override;
    void end_block(std::int64_t barriers) override;

    /// An access of the running thread.
    void access(const void* instruction, const void* address, int bytes, bool is_store);
    void count_atomic();

  private:
    static constexpr int kLanes = 32;
    // One instruction of a warp: what its lanes ask for.
    struct Request {
        std::uint32_t lanes = 0;
        std::uintptr_t addresses[kLanes];
    };
    struct Instruction {
        int bytes = 0;
        bool is_store = false;
        std::vector<int> times;                       // that each thread has run it
        std::map<std::pair<int, int>, Request> open;  // by warp and time
    };

    void finish(const Instruction& instruction, const Request& request);
    void count_global(GlobalCounts& counts, const Request& request, int bytes) const;
    void count_shared(SharedCounts& counts, const Request& request, int bytes) const;

    OnDevice on_device_;
    std::int64_t most_blocks_;
    bool skip_;
    std::map<const void*, KernelCounts> kernels_;
    KernelCounts* current_ = nullptr;
    std::size_t blocks_ = 0;                          // of the grid
    std::size_t threads_ = 0;                         // of a block
    const host_run::SharedMemory* shared_ = nullptr;  // while a block is counted
    std::map<const void*, Instruction> instructions_;
};

}  // namespace tern::counters
