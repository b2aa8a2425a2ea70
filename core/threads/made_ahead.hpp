// Things made by threads ahead of the one that takes them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "tern/core/threads/parallel.hpp"

namespace tern {

/// Makes an item of each job and hands them out in the order of the jobs, whatever the number of threads.
template <class Job, class Item>
class MadeAhead {
  public:
    /// Nothing where there are no more jobs.
    using Next = std::function<std::optional<Job>()>;
    using Make = std::function<Item(const Job&)>;

    /// `make` is called on `threads` threads at once, for at most `most` items that nobody has taken yet. Without
    /// threads take() makes each item itself.
    MadeAhead(int threads, std::size_t most, Make make) : make_(std::move(make)), most_(most) {
        for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
    }
    /// Returns when the threads have ended, after the items that they are at.
    ~MadeAhead();
    MadeAhead(const MadeAhead&) = delete;
    MadeAhead& operator=(const MadeAhead&) = delete;

    /// Jobs to come; what is left of the former ones is dropped. `next` is called by one thread at a time.
    void start(Next next);
    /// Waits for the next item; nothing after the last one. Throws what its making, or asking for its job, threw, and so
    /// from then on.
    std::optional<Item> take();

  private:
    struct Slot {
        std::optional<Item> item;  // nothing where the jobs have ended
        std::exception_ptr error;
        bool ready = false;
    };

    void work();
    void fill(Slot& own, std::unique_lock<std::mutex>& lock);

    const Make make_;
    const std::size_t most_;
    Next next_;  // called by the one that set `asking_`
    std::mutex mutex_;
    std::condition_variable may_begin_, ready_;
    // All below under the mutex.
    std::deque<Slot> slots_;  // not taken, in the order of their jobs; threads write into theirs
    bool open_ = false;       // there may be more jobs
    bool asking_ = false;     // a thread asks for a job
    int busy_ = 0;            // threads that have a slot
    bool ends_ = false;
    std::vector<std::thread> threads_;
};

template <class Job, class Item>
MadeAhead<Job, Item>::~MadeAhead() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    may_begin_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

template <class Job, class Item>
void MadeAhead<Job, Item>::start(Next next) {
    {
        std::unique_lock lock(mutex_);
        open_ = false;
        ready_.wait(lock, [this] { return busy_ == 0; });
        slots_.clear();
        next_ = std::move(next);
        open_ = true;
    }
    may_begin_.notify_all();
}

template <class Job, class Item>
std::optional<Item> MadeAhead<Job, Item>::take() {
    if (threads_.empty()) {
        const std::optional<Job> job = next_();
        return job ? std::optional<Item>(make_(*job)) : std::nullopt;
    }
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return !slots_.empty() && slots_.front().ready; });
    Slot& first = slots_.front();
    if (first.error) std::rethrow_exception(first.error);
    if (!first.item) return {};
    std::optional<Item> item = std::move(first.item);
    slots_.pop_front();
    lock.unlock();
    may_begin_.notify_one();
    return item;
}

template <class Job, class Item>
void MadeAhead<Job, Item>::work() {
    const SerialScope serial;  // the other threads, and the one that takes, have the other CPUs
    std::unique_lock lock(mutex_);
    for (;;) {
        may_begin_.wait(lock, [this] { return ends_ || (open_ && !asking_ && slots_.size() < most_); });
        if (ends_) return;
        ++busy_;
        Slot& own = slots_.emplace_back();  // of a deque, whose other elements come and go beside it
        fill(own, lock);
        own.ready = true;
        --busy_;
        ready_.notify_all();
    }
}

// Unlocks while it asks and makes: a job may be long in coming, and items that are ready must not wait for it.
template <class Job, class Item>
void MadeAhead<Job, Item>::fill(Slot& own, std::unique_lock<std::mutex>& lock) {
    std::optional<Job> job;
    std::optional<Item> item;
    std::exception_ptr error;
    asking_ = true;
    lock.unlock();
    try {
        job = next_();
    } catch (...) {
        error = std::current_exception();
    }
    lock.lock();
    asking_ = false;
    if (!job) open_ = false;
    lock.unlock();
    may_begin_.notify_one();
    try {
        if (job) item = make_(*job);
    } catch (...) {
        error = std::current_exception();
    }
    lock.lock();
    own.item = std::move(item);
    own.error = error;
}

}  // namespace tern
