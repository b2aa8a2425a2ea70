// Where threads of a block meet: barriers, and the functions of a warp.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "tern/core/error.hpp"
#include "tern/tests/host_run/runner/block_runner.hpp"
#include "tern/tests/host_run/runner/builtins.hpp"
#include "tern/tests/host_run/runner/sanitizer.hpp"

namespace tern::host_run {
namespace {

constexpr std::size_t kWarp = 32;

// Nearly always one literal: the texts, which sanitizers watch at a price, are read where the pointers
// differ.
bool same_text(const char* a, const char* b) { return a == b || std::string_view(a) == b; }

bool same_place(const Where& a, const Where& b) {
    return a.line == b.line && same_text(a.file, b.file) && same_text(a.function, b.function);
}

std::string text(const Where& where) {
    const std::string_view file = where.file;
    return to_text(where.function, " at ", file.substr(file.rfind('/') + 1), ':', where.line);
}

}  // namespace

void BlockRunner::block_barrier(Where where) { wait(State::at_block_barrier, where); }

void BlockRunner::warp_barrier(unsigned mask, Where where) {
    check_mask(mask, where);
    running_->mask = mask;
    wait(State::at_warp_barrier, where);
}

WarpValues BlockRunner::warp_exchange(unsigned mask, const LaneValue& value, Where where) {
    check_mask(mask, where);
    WarpValues values;
    running_->mask = mask;
    running_->value = value;
    running_->values = &values;
    wait(State::at_warp_exchange, where);
    return values;
}

void BlockRunner::check_mask(unsigned mask, Where where) const {
    TERN_CHECK(mask >> lane_index() & 1u, "host_run", text(where), ": the mask ", mask,
               " lacks the calling lane ", lane_index());
}

void BlockRunner::memory_fence() {
    sanitizer::acquire(&grid_order_->fence);
    sanitizer::release(&grid_order_->fence);
}

void BlockRunner::release(Thread& thread) {
    thread.state = State::ready;
    ready_.insert(thread.number);
}

/// Whether all threads of the block wait at one barrier; then they continue.
bool BlockRunner::release_block_barrier() {
    std::vector<Thread*> all;
    for (Thread& thread : threads_) {
        if (thread.state != State::at_block_barrier || !same_place(thread.where, threads_[0].where))
            return false;
        all.push_back(&thread);
    }
    synchronize(all);
    for (Thread* thread : all) release(*thread);
    ++barriers_;
    return true;
}

/// After `changed` came to a meeting of its warp, or ended: lets those continue that waited only for it.
void BlockRunner::release_warp(const Thread& changed) {
    if (waits_in_warp(changed)) return release_lanes_with(changed);
    if (changed.state != State::ended) return;
    for (Thread& thread : warp_of(changed)) {
        if (waits_in_warp(thread)) release_lanes_with(thread);
    }
}

/// Lets the lanes of the mask continue if all have come to the same place. Lanes that ended count as there,
/// but bring nothing.
void BlockRunner::release_lanes_with(const Thread& waiting) {
    const State state = waiting.state;
    std::array<Thread*, kWarp> found;
    std::size_t count = 0;
    for (Thread& thread : warp_of(waiting)) {
        if (!(waiting.mask >> thread.number % kWarp & 1u) || thread.state == State::ended) continue;
        if (thread.state != state || thread.mask != waiting.mask || !same_place(thread.where, waiting.where))
            return;
        found[count++] = &thread;
    }
    const std::span lanes(found.data(), count);
    if (state == State::at_warp_barrier) synchronize(lanes);
    if (state == State::at_warp_exchange) exchange(lanes);
    for (Thread* lane : lanes) release(*lane);
}

void BlockRunner::exchange(std::span<Thread* const> lanes) {
    WarpValues values;
    for (LaneValue& value : values) value.fill(std::byte{0xff});
    for (const Thread* lane : lanes) values[lane->number % kWarp] = lane->value;
    for (const Thread* lane : lanes) *lane->values = values;
}

bool BlockRunner::waits_in_warp(const Thread& thread) {
    return thread.state == State::at_warp_barrier || thread.state == State::at_warp_exchange;
}

std::span<BlockRunner::Thread> BlockRunner::warp_of(const Thread& thread) {
    const std::size_t first = thread.number / kWarp * kWarp;
    return std::span(threads_).subspan(first, std::min(kWarp, threads_.size() - first));
}

/// For the thread sanitizer: what these threads did so far comes before what any of them does next.
void BlockRunner::synchronize(std::span<Thread* const> threads) {
    if (!sanitizer::has_thread()) return;
    // New for every meeting: an older one's history would hide races.
    const auto object = std::make_unique<char>();
    for (const Thread* thread : threads) sanitizer::release_as(thread->worker->identity(), object.get());
    for (const Thread* thread : threads) sanitizer::acquire_as(thread->worker->identity(), object.get());
    sanitizer::become(caller_identity_);
}

/// Nobody can continue: says who waits where.
void BlockRunner::fail_stuck() const {
    std::map<std::string, std::vector<std::size_t>> groups;
    for (const Thread& thread : threads_) {
        groups[thread.state == State::ended ? "ended" : "wait in " + text(thread.where)].push_back(
            thread.number);
    }
    std::string who;
    for (const auto& [what, numbers] : groups) {
        who += to_text(who.empty() ? "" : ", ", numbers.size(), ' ', what, " (first: thread ",
                       numbers.front(), ')');
    }
    fail("host_run", "the threads of block (", blockIdx.x, ',', blockIdx.y, ',', blockIdx.z,
         ") wait for each other in vain: of ", threads_.size(), ", ", who);
}

}  // namespace tern::host_run
