#include "tern/tests/host_run/runner/run_grid.hpp"

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "tern/core/error.hpp"
#include "tern/tests/host_run/runner/block_runner.hpp"

namespace tern::host_run {
namespace {

std::uint64_t seed_of_environment() {
    const char* const value = std::getenv("TERN_HOST_RUN_SEED");
    if (value == nullptr) return 0;
    const std::string_view text = value;
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    TERN_CHECK(error == std::errc{} && end == text.data() + text.size(), "host_run",
               "TERN_HOST_RUN_SEED is '", text, "', expected a number");
    return seed;
}

std::atomic<std::int64_t> grids{0};

std::uint64_t& current_seed() {
    static thread_local std::uint64_t seed = seed_of_environment();
    return seed;
}

// The limits of every device since compute capability 3.0.
void check_shape(dim3 grid, dim3 block) {
    const std::size_t threads = std::size_t{block.x} * block.y * block.z;
    TERN_CHECK(threads >= 1 && threads <= 1024 && block.z <= 64, "host_run", "block (", block.x, ',', block.y,
               ',', block.z, ") has ", threads, " threads, allowed are 1 to 1024, and 64 along z");
    TERN_CHECK(grid.x <= 0x7fffffffu && grid.y <= 65535 && grid.z <= 65535, "host_run", "grid (", grid.x, ',',
               grid.y, ',', grid.z, ") is larger than (2147483647,65535,65535)");
}

}  // namespace

std::uint64_t seed() { return current_seed(); }

ScopedSeed::ScopedSeed(std::uint64_t seed) : previous_(current_seed()) { current_seed() = seed; }
ScopedSeed::~ScopedSeed() { current_seed() = previous_; }

GridObserver*& grid_observer() {
    static thread_local GridObserver* observer = nullptr;
    return observer;
}

void run_grid(const void* kernel, dim3 grid, dim3 block, std::size_t dynamic_shared_bytes, KernelBody body,
              const void* context) {
    check_shape(grid, block);
    ++grids;
    if (GridObserver* const observer = grid_observer()) observer->begin_grid(kernel, grid, block);
    BlockRunner::current().run_grid(grid, block, dynamic_shared_bytes, body, context);
}

Work*& recorded_work() {
    static thread_local Work* work = nullptr;
    return work;
}

std::int64_t launches() { return grids; }

void block_barrier(Where where) { BlockRunner::current().block_barrier(where); }
void warp_barrier(unsigned mask, Where where) { BlockRunner::current().warp_barrier(mask, where); }
WarpValues warp_exchange(unsigned mask, const LaneValue& value, Where where) {
    return BlockRunner::current().warp_exchange(mask, value, where);
}
int lane_index() { return BlockRunner::current().lane_index(); }
void memory_fence() { BlockRunner::current().memory_fence(); }
void check_aligned(const void* address, std::size_t bytes) {
    TERN_CHECK(reinterpret_cast<std::uintptr_t>(address) % bytes == 0, "host_run",
               "misaligned address: ", address, " for an access of ", bytes, " bytes");
}
void trap() { fail("host_run", "the kernel called __trap()"); }

void* shared_array(const void* key, const char* name, std::size_t bytes) {
    return BlockRunner::current().shared_memory().array(key, name, bytes);
}
void* dynamic_shared() { return BlockRunner::current().shared_memory().dynamic(); }

}  // namespace tern::host_run
