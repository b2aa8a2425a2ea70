#include "tern/distributed/thread_communicators.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>

#include "tern/core/error.hpp"
#include "tern/distributed/checked_communicator.hpp"

namespace tern {
namespace {

void copy(std::byte* to, const std::byte* from, std::int64_t bytes) {
    if (to != from && bytes > 0) std::memcpy(to, from, static_cast<std::size_t>(bytes));
}

// The n-th operation of all ranks.
struct Round {
    explicit Round(int ranks) : operations(ranks), descriptions(ranks) {}

    std::vector<Operation> operations;
    std::vector<std::string> descriptions;  // "": not arrived
    int arrived = 0;
    bool copying = false, done = false;

    void copy_all() const {
        const auto ranks = static_cast<std::int64_t>(operations.size());
        for (std::int64_t to = 0; to < ranks; ++to) {
            const Operation& own = operations[to];
            if (own.kind == Collective::broadcast) copy(own.received, operations[own.root].sent, own.bytes);
            if (own.kind == Collective::broadcast || own.kind == Collective::barrier) continue;
            for (std::int64_t from = 0; from < ranks; ++from) {
                const std::int64_t slice = own.kind == Collective::all_to_all ? to : 0;
                copy(own.received + from * own.bytes, operations[from].sent + slice * own.bytes, own.bytes);
            }
        }
    }
};

// Where the ranks meet.
class Meeting {
  public:
    Meeting(int ranks, double timeout) : timeout_(timeout), begun_(ranks, 0), gone_(ranks, false) {}

    std::shared_ptr<Round> begin(int rank, Operation operation) {
        const std::lock_guard lock(mutex_);
        if (!failure_.empty()) fail(operation.what, failure_);
        const std::int64_t number = begun_[rank]++;
        const auto found = rounds_.try_emplace(number, nullptr).first;
        if (found->second == nullptr) found->second = std::make_shared<Round>(ranks());
        const std::shared_ptr<Round> round = found->second;
        round->descriptions[rank] = operation.description;
        round->operations[rank] = std::move(operation);
        if (++round->arrived == ranks()) rounds_.erase(found);
        stop(difference(round->descriptions));  // "" where they agree
        return round;
    }

    /// Whoever waits and finds all there copies for all: then no rank's memory is needed once its own wait ends.
    void wait(Round& round, int rank, const std::string& what) {
        std::unique_lock lock(mutex_);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout_);
        while (!round.done) {
            if (round.copying) {  // a failure must not free what is being copied
                changed_.wait(lock);
                continue;
            }
            if (!failure_.empty()) fail(what, failure_);
            if (round.arrived == ranks()) {
                copy_all(round, lock);
                return;
            }
            const std::vector<int> missing = missing_from(round);
            const auto left = std::ranges::find_if(missing, [&](int other) { return gone_[other]; });
            if (left != missing.end()) {
                stop(to_text("rank ", *left, " has left"));
                continue;
            }
            if (std::chrono::steady_clock::now() >= deadline) {
                const std::string waited = to_text("waited ", timeout_, " s for ", names_of_ranks(missing));
                stop(to_text("rank ", rank, ' ', waited));
                fail(what, waited);
            }
            changed_.wait_until(lock, deadline);
        }
        if (!reason_.empty()) fail(what, reason_);
    }

    /// `round` is done, or will never be.
    void give_up(const Round& round, int rank, const std::string& what) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !round.copying || round.done; });
        if (!round.done) stop(to_text("rank ", rank, " gave up ", what));
    }

    void give_up(std::string_view why) {
        const std::lock_guard lock(mutex_);
        if (reason_.empty()) reason_ = why.empty() ? "a rank gave up" : why;
        stop(reason_);
    }

    void set_timeout(double seconds) {
        const std::lock_guard lock(mutex_);
        timeout_ = seconds;
    }

    void leave(int rank) {
        const std::lock_guard lock(mutex_);
        gone_[rank] = true;
        changed_.notify_all();
    }

  private:
    int ranks() const { return static_cast<int>(begun_.size()); }

    void copy_all(Round& round, std::unique_lock<std::mutex>& lock) {
        round.copying = true;
        lock.unlock();
        round.copy_all();
        lock.lock();
        round.done = true;
        changed_.notify_all();
    }

    std::vector<int> missing_from(const Round& round) const {
        std::vector<int> missing;
        for (int rank = 0; rank < ranks(); ++rank) {
            if (round.descriptions[rank].empty()) missing.push_back(rank);
        }
        return missing;
    }

    void stop(std::string_view why) {
        if (failure_.empty()) failure_ = why;
        changed_.notify_all();
    }

    std::mutex mutex_;
    double timeout_;
    std::condition_variable changed_;
    std::vector<std::int64_t> begun_;                        // by rank
    std::map<std::int64_t, std::shared_ptr<Round>> rounds_;  // not yet begun by all
    std::vector<bool> gone_;                                 // by rank
    std::string failure_, reason_;                           // of the first
};

class ThreadWork : public Work {
  public:
    ThreadWork(std::shared_ptr<Meeting> meeting, std::shared_ptr<Round> round, int rank,
               std::string_view what)
        : meeting_(std::move(meeting)), round_(std::move(round)), rank_(rank), what_(what) {}
    ~ThreadWork() override {
        if (!waited_) meeting_->give_up(*round_, rank_, what_);
    }

    void wait() override {
        waited_ = true;
        meeting_->wait(*round_, rank_, what_);
    }

  private:
    std::shared_ptr<Meeting> meeting_;
    std::shared_ptr<Round> round_;
    int rank_;
    std::string what_;
    bool waited_ = false;
};

class ThreadCommunicator : public CheckedCommunicator {
  public:
    ThreadCommunicator(std::shared_ptr<Meeting> meeting, int rank, int size)
        : CheckedCommunicator(rank, size), meeting_(std::move(meeting)) {}
    ~ThreadCommunicator() override { meeting_->leave(rank()); }

    void set_timeout(double seconds) override {
        check_timeout(seconds);
        meeting_->set_timeout(seconds);
    }
    bool fail(std::string_view why) override {
        meeting_->give_up(why);
        return true;
    }
    void abort() override {}

  private:
    std::unique_ptr<Work> begin(Operation operation) override {
        const std::string what = operation.what;
        return std::make_unique<ThreadWork>(meeting_, meeting_->begin(rank(), std::move(operation)), rank(),
                                            what);
    }

    std::shared_ptr<Meeting> meeting_;
};

}  // namespace

std::vector<std::unique_ptr<Communicator>> make_thread_communicators(int ranks, double timeout_seconds) {
    TERN_CHECK(ranks >= 1, "ranks", ranks, "; at least 1");
    check_timeout(timeout_seconds);
    const auto meeting = std::make_shared<Meeting>(ranks, timeout_seconds);
    std::vector<std::unique_ptr<Communicator>> communicators;
    for (int rank = 0; rank < ranks; ++rank)
        communicators.push_back(std::make_unique<ThreadCommunicator>(meeting, rank, ranks));
    return communicators;
}

}  // namespace tern
