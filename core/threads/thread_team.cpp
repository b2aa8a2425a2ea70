#include "tern/core/threads/thread_team.hpp"

#include <chrono>
#include <system_error>

#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tern {
namespace {

// Longer than the serial work between the loops of a step, mostly below 50 us; a sleeping thread takes as
// long to wake.
constexpr std::chrono::microseconds kSpin{100};

void pause() {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Waits until done(): a while busily, then asleep, woken by a change of `value`.
template <class F>
void wait_until(const std::atomic<int>& value, F done) {
    constexpr int kPauses = 64;  // between looks at the clock
    const auto start = std::chrono::steady_clock::now();
    do {
        for (int i = 0; i < kPauses; ++i) {
            if (done(value.load(std::memory_order_acquire))) return;
            pause();
        }
    } while (std::chrono::steady_clock::now() - start < kSpin);
    for (;;) {
        const int seen = value.load(std::memory_order_acquire);
        if (done(seen)) return;
        value.wait(seen, std::memory_order_acquire);
    }
}

}  // namespace

ThreadTeam::~ThreadTeam() {
    ends_ = true;
    announced_.fetch_add(1, std::memory_order_release);
    announced_.notify_all();
    // A process that was forked off has none of its parent's threads.
    for (std::thread& thread : threads_) process_ == getpid() ? thread.join() : thread.detach();
}

void ThreadTeam::start(int helpers) {
    if (threads_.empty()) process_ = getpid();
    try {
        while (static_cast<int>(threads_.size()) < helpers) {
            const int index = static_cast<int>(threads_.size());
            threads_.emplace_back([this, index] { help(index); });
        }
    } catch (const std::system_error&) {
        // The loop runs on those that there are.
    }
}

void ThreadTeam::do_chunks(const Loop& loop, int own) {
    for (int i = 0; i < loop.shares; ++i) {
        Share& share = shares_[static_cast<std::size_t>((own + i) % loop.shares)];
        for (;;) {
            const std::int64_t chunk = share.next.fetch_add(1, std::memory_order_relaxed);
            if (chunk >= share.end) break;
            loop.function(loop.context, chunk);
        }
    }
}

void ThreadTeam::help(int index) {
    for (int seen = 0;;) {
        wait_until(announced_, [seen](int count) { return count != seen; });
        seen = announced_.load(std::memory_order_acquire);
        if (ends_) return;
        if (index >= wanted_.load(std::memory_order_relaxed)) continue;
        if ((gate_.fetch_add(kHelper, std::memory_order_acquire) & kOpen) != 0) do_chunks(loop_, index + 1);
        if (gate_.fetch_sub(kHelper, std::memory_order_release) == kHelper) gate_.notify_one();
    }
}

void ThreadTeam::run(std::int64_t chunks, int helpers, ChunkFunction function, void* context) {
    start(helpers);
    loop_ = {function, context, helpers + 1};
    while (static_cast<int>(shares_.size()) < loop_.shares) shares_.emplace_back();
    for (int i = 0; i < loop_.shares; ++i) {
        Share& share = shares_[static_cast<std::size_t>(i)];
        share.next.store(chunks * i / loop_.shares, std::memory_order_relaxed);
        share.end = chunks * (i + 1) / loop_.shares;
    }
    wanted_.store(helpers, std::memory_order_relaxed);
    gate_.fetch_or(kOpen, std::memory_order_release);
    announced_.fetch_add(1, std::memory_order_release);
    announced_.notify_all();
    do_chunks(loop_, 0);
    gate_.fetch_and(~kOpen, std::memory_order_relaxed);
    wait_until(gate_, [](int gate) { return gate == 0; });
}

}  // namespace tern
