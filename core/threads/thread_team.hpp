// Threads that help one thread with its parallel loops.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

namespace tern {

/// The helpers of the thread that owns it. A loop waits for the chunks that were begun, not for helpers that
/// have not come yet: one that the system runs elsewhere, or not at all, costs nothing but its help.
class ThreadTeam {
  public:
    using ChunkFunction = void (*)(void* context, std::int64_t chunk);

    ThreadTeam() = default;
    ThreadTeam(const ThreadTeam&) = delete;
    ThreadTeam& operator=(const ThreadTeam&) = delete;
    ~ThreadTeam();

    /// Calls function(context, chunk) once for each of [0, chunks), which must not throw, here and on up to
    /// `helpers` other threads; returns when all are done, and sees what they wrote. Fewer threads help where
    /// the system has no more. From the owner only, and not from inside a chunk.
    ///
    /// Each thread begins with the same part of the chunks in every loop, as what it wrote in the last one is
    /// in its cache, and then takes what others have left of theirs.
    void run(std::int64_t chunks, int helpers, ChunkFunction function, void* context);

  private:
    struct Loop {
        ChunkFunction function;
        void* context;
        int shares;
    };
    /// Chunks [next, end) that are still to be done.
    struct alignas(64) Share {
        std::atomic<std::int64_t> next{0};
        std::int64_t end = 0;
    };

    void start(int helpers);
    void help(int index);
    void do_chunks(const Loop& loop, int own);

    static constexpr int kOpen = 1, kHelper = 2;

    // Each on a line of its own, as a share is, which is written for every chunk.
    alignas(64) std::atomic<int> announced_{0};  // loops so far; helpers wait for it to change
    std::atomic<int> wanted_{0};                 // helpers [0, wanted_) may join
    Loop loop_{};                                // read between joining and leaving alone
    alignas(64) std::atomic<int> gate_{0};  // kOpen while a loop may be joined, kHelper for each that has
    alignas(64) std::deque<Share> shares_;  // the owner's, then those of the helpers
    std::atomic<bool> ends_{false};
    int process_ = 0;  // that started the threads
    std::vector<std::thread> threads_;
};

}  // namespace tern
