// The thread that makes all calls of MPI, and what others hand it.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tern/distributed/checked_communicator.hpp"
#include "tern/distributed/mpi/arrivals.hpp"
#include "tern/distributed/mpi/module.hpp"

namespace tern {

/// An operation from begin() on; `done` belongs to MpiThread's mutex.
struct MpiOperation {
    Operation operation;
    std::int64_t number = 0;
    std::vector<TernMpiRequest> requests;  // those not done
    bool done = false;
};

/// The functions may be called by any thread. Held by the thread that it starts too: a call of MPI that never returns
/// must not keep this process from ending.
class MpiThread : public std::enable_shared_from_this<MpiThread> {
  public:
    MpiThread(const TernMpi& mpi, double timeout) : mpi_(mpi), timeout_(timeout) {}

    /// Starts the thread and waits until all ranks have joined; rank() and size() are there then.
    void join_job();
    int rank() const { return rank_; }
    int size() const { return size_; }
    std::string name() const { return names_of_ranks({rank_}, hosts_); }

    void set_timeout(double seconds);
    std::shared_ptr<MpiOperation> begin(Operation operation);
    void wait(const MpiOperation& operation);
    bool failed() const;
    /// Operations that this rank has not begun fail on all ranks, with its name and `why`. Returns whether rank 0 answers.
    bool give_up(std::string_view why);
    /// Ends all processes of the job with status 1, this one after 2 s by itself where MPI does not.
    [[noreturn]] void abort();
    /// Leaves the job. Throws Error where that takes longer than the time-out: a rank has stopped or is cut off.
    void leave();

  private:
    using Clock = std::chrono::steady_clock;

    // To rank 0: "operation `number` begins", "waited in vain for operation `number`", "am there". From it: "are you
    // there?". Both ways: why nothing goes on.
    enum class Subject : std::int32_t { begins, late, asks, answers, failed };
    struct Message {
        std::int64_t number = 0;
        Subject subject = Subject::begins;
        std::int32_t from = 0;
        std::array<char, 496> text{};
    };
    struct Sent {
        Message message;
        int to = 0;
        TernMpiRequest request{};
    };

    // What rank 0 asks when all have begun operation `number` and it does not end.
    struct Question {
        std::int64_t number;
        Clock::time_point asked_at;
        std::vector<int> silent;  // ranks that have not answered
    };

    void run();
    bool join_ranks();
    void gather_hosts();
    void start(MpiOperation& operation);
    bool progress();
    std::vector<std::shared_ptr<MpiOperation>> test_operations();
    bool progress_sent();
    bool read_messages();
    void read(const Message& message);
    bool is_given_up(const MpiOperation& operation) const;
    void suspect(int code, const char* call);

    // With the mutex held:
    bool is_idle() const;
    /// Operations from `number` on fail.
    void fail_all(std::string_view why, std::int64_t number);
    void post(Subject subject, std::int64_t number, std::string_view text, int to);
    void note_begin(int rank, std::int64_t number, const std::string& description);
    void decide(std::int64_t number);
    void decide_asked();

    const TernMpi& mpi_;
    int rank_ = 0, size_ = 1;
    std::vector<std::string> hosts_;

    mutable std::mutex mutex_;
    double timeout_;
    std::condition_variable for_callers_, for_thread_;
    std::deque<std::shared_ptr<MpiOperation>> begun_;  // not yet started
    std::shared_ptr<MpiOperation> last_;               // begun
    std::deque<Sent> to_send_;
    Arrivals arrivals_{1};              // rank 0
    std::optional<Question> question_;  // rank 0
    std::int64_t count_ = 0;
    std::string failure_;
    std::int64_t failed_number_ = 0;
    Clock::time_point failed_at_;
    bool first_answers_ = true;  // rank 0, when it was last asked for an answer
    bool joined_ = false, leaving_ = false, aborting_ = false, left_ = false;

    // The thread's own.
    std::list<std::shared_ptr<MpiOperation>> under_way_,
        given_up_;  // MPI may yet write to the latter's memory
    std::list<Sent> sent_;
    std::vector<std::int64_t> late_;
    Message received_;
    TernMpiRequest receive_{};
    std::string suspicion_;  // an error of MPI, which may come of what rank 0 can say better
    Clock::time_point suspected_at_;
};

}  // namespace tern
