// The rules by which the threads of a block run and wait for each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "tern/tests/host_run/runner/order.hpp"
#include "tern/tests/host_run/runner/run_grid.hpp"
#include "tern/tests/host_run/runner/shared_memory.hpp"
#include "tern/tests/host_run/runner/worker_pool.hpp"

namespace tern::host_run {

/// One per thread of the process, kept for its workers.
class BlockRunner {
  public:
    static BlockRunner& current();

    void run_grid(dim3 grid, dim3 block, std::size_t dynamic_bytes, KernelBody body, const void* context);

    // For the thread that runs.
    void block_barrier(Where where);
    void warp_barrier(unsigned mask, Where where);
    WarpValues warp_exchange(unsigned mask, const LaneValue& value, Where where);
    int lane_index() const { return static_cast<int>(running_->number % 32); }
    void memory_fence();
    SharedMemory& shared_memory() { return shared_; }

  private:
    enum class State : std::uint8_t { ready, at_block_barrier, at_warp_barrier, at_warp_exchange, ended };

    struct Thread {
        std::size_t number;
        uint3 index;  // threadIdx
        Worker* worker;
        State state = State::ready;
        Where where{};
        unsigned mask = 0;
        LaneValue value{};
        WarpValues* values = nullptr;
    };

    // Objects of the thread sanitizer for one grid; new memory, so without a history.
    struct GridOrder {
        std::uint64_t started, ended, fence;
    };

    void run_block(uint3 index, dim3 block);
    void make_threads(dim3 block);
    void run_threads();
    void end_threads();
    void run(Thread& thread);
    void thread_main();
    /// Goes to sleep until whom it waits for has come.
    void wait(State state, Where where);
    void release(Thread& thread);
    bool release_block_barrier();
    void release_warp(const Thread& changed);
    void release_lanes_with(const Thread& waiting);
    static void exchange(std::span<Thread* const> lanes);
    static bool waits_in_warp(const Thread& thread);
    std::span<Thread> warp_of(const Thread& thread);
    void check_mask(unsigned mask, Where where) const;
    void synchronize(std::span<Thread* const> threads);
    void abandon_threads();
    [[noreturn]] void fail_stuck() const;

    KernelBody body_ = nullptr;
    const void* context_ = nullptr;
    std::size_t dynamic_bytes_ = 0;

    WorkerPool pool_;
    void* caller_identity_ = nullptr;
    std::unique_ptr<GridOrder> grid_order_;

    Order order_{0};
    SharedMemory shared_;
    std::vector<Thread> threads_;
    ReadySet ready_{0};
    std::size_t ended_ = 0;
    std::int64_t barriers_ = 0;  // of the block
    Thread* running_ = nullptr;
    bool abandoned_ = false;
    std::exception_ptr failure_;
};

}  // namespace tern::host_run
