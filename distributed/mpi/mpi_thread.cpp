#include "tern/distributed/mpi/mpi_thread.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tern/core/error.hpp"

namespace tern {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;

constexpr seconds kAnswerTime{1};   // within which a rank's thread answers
constexpr seconds kVerdictTime{2};  // within which rank 0, which may ask all, says who is missing
constexpr seconds kAbortTime{2};    // within which MPI ends this process
// Between two looks for messages while nothing is under way; well below kAnswerTime.
constexpr milliseconds kIdleTime{250};
// For the launcher to pass on what ranks have printed: MPICH's drops it when a rank ends the job.
constexpr milliseconds kPrintTime{200};

// Between two looks at what is under way. Ranks share cores with each other and with the computation: at once at
// first, then after the others' turns, then every 20 microseconds.
class Pause {
  public:
    void reset() { looks_ = 0; }
    void operator()() {
        ++looks_;
        if (looks_ <= kAtOnce) return;
        if (looks_ <= kAtOnce + kTurns)
            sched_yield();
        else
            std::this_thread::sleep_for(std::chrono::microseconds(20));
    }

  private:
    static constexpr int kAtOnce = 50, kTurns = 100;
    int looks_ = 0;
};

// Fills `to`, cut where that is too short, and ends with a 0.
template <std::size_t n>
void write(std::string_view text, std::array<char, n>& to) {
    to.fill(0);
    std::copy_n(text.begin(), std::min(text.size(), n - 1), to.begin());
}

}  // namespace

void MpiThread::join_job() {
    std::thread([own = shared_from_this()] { own->run(); }).detach();
    std::unique_lock lock(mutex_);
    for_callers_.wait_for(lock, std::chrono::duration<double>(timeout_),
                          [&] { return joined_ || !failure_.empty(); });
    if (joined_) return;
    if (failure_.empty()) failure_ = to_text("waited ", timeout_, " s for all ranks to start");
    fail("MPI", failure_);
}

void MpiThread::set_timeout(double seconds) {
    const std::lock_guard lock(mutex_);
    timeout_ = seconds;
}

std::shared_ptr<MpiOperation> MpiThread::begin(Operation operation) {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) fail(operation.what, failure_);
    const auto begun = std::make_shared<MpiOperation>();
    begun->number = count_++;
    if (rank_ == 0)
        note_begin(0, begun->number, operation.description);
    else
        post(Subject::begins, begun->number, operation.description, 0);
    begun->operation = std::move(operation);
    begun_.push_back(begun);
    last_ = begun;
    for_thread_.notify_one();
    return begun;
}

void MpiThread::wait(const MpiOperation& operation) {
    std::unique_lock lock(mutex_);
    const auto finished = [&] {
        return operation.done || (!failure_.empty() && operation.number >= failed_number_);
    };
    if (!for_callers_.wait_for(lock, std::chrono::duration<double>(timeout_), finished)) {
        if (rank_ == 0)
            decide(operation.number);
        else
            post(Subject::late, operation.number, "", 0);
        if (!for_callers_.wait_for(lock, kVerdictTime, finished)) {
            first_answers_ = rank_ == 0;
            const std::string waited = to_text("waited ", timeout_, " s");
            fail_all(rank_ == 0   ? to_text(waited, "; MPI hangs")
                     : size_ == 2 ? to_text(waited, " for ", names_of_ranks({0}, hosts_))
                                  : to_text(waited, ", and rank 0 on ", hosts_[0],
                                            ", which knows for whom, does not answer"),
                     operation.number);
        }
    }
    if (!operation.done) fail(operation.operation.what, failure_);
}

bool MpiThread::failed() const {
    const std::lock_guard lock(mutex_);
    return !failure_.empty();
}

bool MpiThread::give_up(std::string_view why) {
    std::unique_lock lock(mutex_);
    if (!failure_.empty()) return first_answers_;
    const std::string line = to_text(name(), ": ", why);
    fail_all(line, count_);
    if (rank_ == 0) return true;
    first_answers_ = false;
    post(Subject::failed, count_, line, 0);
    return for_callers_.wait_for(lock, kAnswerTime, [&] { return first_answers_; });
}

void MpiThread::abort() {
    std::this_thread::sleep_for(kPrintTime);
    {
        const std::lock_guard lock(mutex_);
        aborting_ = true;
        for_thread_.notify_one();
        if (leaving_) std::_Exit(1);  // the thread is within MPI_Finalize()
    }
    std::this_thread::sleep_for(kAbortTime);
    std::_Exit(1);
}

void MpiThread::leave() {
    std::unique_lock lock(mutex_);
    leaving_ = true;
    for_thread_.notify_one();
    if (for_callers_.wait_for(lock, std::chrono::duration<double>(timeout_), [&] { return left_; })) return;
    first_answers_ = false;  // all wait for each other within MPI_Finalize()
    failure_ = to_text("waited ", timeout_, " s for all ranks to end");
    fail("MPI", failure_);
}

void MpiThread::run() {
    prctl(PR_SET_TIMERSLACK, 1000);  // ns: sleeps as short as they are meant
    if (!join_ranks()) return;
    Pause pause;
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto called = [&] { return aborting_ || leaving_ || !to_send_.empty() || !begun_.empty(); };
        if (is_idle()) {
            if (!failure_.empty() && failed_number_ > 0) {
                failed_number_ = 0;  // what should have ended by now
                for_callers_.notify_all();
            }
            for_thread_.wait_for(lock, kIdleTime, called);
        }
        if (aborting_ || leaving_) break;
        if (!to_send_.empty() || !begun_.empty()) pause.reset();
        std::deque<Sent> to_send = std::exchange(to_send_, {});
        std::deque<std::shared_ptr<MpiOperation>> begun = std::exchange(begun_, {});
        lock.unlock();
        for (Sent& sent : to_send) {
            sent_.push_back(sent);
            Sent& kept = sent_.back();
            suspect(mpi_.send(&kept.message, sizeof kept.message, kept.to, &kept.request), "send");
        }
        for (const std::shared_ptr<MpiOperation>& operation : begun) {
            under_way_.push_back(operation);
            if (!is_given_up(*operation)) start(*operation);
        }
        if (progress()) pause.reset();
        pause();
        lock.lock();
    }
    const bool aborts = aborting_;
    lock.unlock();
    if (aborts) return mpi_.abort();
    mpi_.cancel(&receive_);
    while (!sent_.empty() && suspicion_.empty()) progress_sent();
    mpi_.close();
    lock.lock();
    left_ = true;
    for_callers_.notify_all();
}

bool MpiThread::join_ranks() {
    int code = mpi_.open(&rank_, &size_);
    if (code == 0) {
        arrivals_ = Arrivals(size_);
        code = mpi_.receive(&received_, sizeof received_, &receive_);
    }
    suspect(code, "start");
    if (suspicion_.empty()) gather_hosts();
    const std::lock_guard lock(mutex_);
    if (failure_.empty()) failure_ = suspicion_;
    joined_ = failure_.empty();
    for_callers_.notify_all();
    return joined_;
}

void MpiThread::gather_hosts() {
    constexpr int kLength = 64;
    std::vector<char> names(static_cast<std::size_t>(size_) * kLength, 0);
    char* const own = names.data() + std::ptrdiff_t{rank_} * kLength;
    gethostname(own, kLength - 1);
    TernMpiRequest request{};
    suspect(mpi_.all_gather(own, names.data(), kLength, kLength, &request), "gathering the hosts");
    Pause pause;
    for (int done = 0; suspicion_.empty() && done == 0 && !failed(); pause())
        suspect(mpi_.test(&request, &done), "gathering the hosts");
    for (int rank = 0; rank < size_; ++rank)
        hosts_.emplace_back(names.data() + std::ptrdiff_t{rank} * kLength);
}

// In equal pieces: MPI counts in int, and some of its algorithms send what they got from several ranks at once.
void MpiThread::start(MpiOperation& started) {
    const Operation& operation = started.operation;
    const std::int64_t most = (std::int64_t{1} << 30) / size_;
    const std::int64_t pieces = std::max<std::int64_t>(1, (operation.bytes + most - 1) / most);
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
        const std::int64_t offset = operation.bytes * piece / pieces;
        const std::int64_t bytes = operation.bytes * (piece + 1) / pieces - offset;
        const std::byte* const sent = operation.sent + offset;
        std::byte* const received = operation.received + offset;
        TernMpiRequest* const request = &started.requests.emplace_back();
        int code = 0;
        switch (operation.kind) {
            case Collective::all_to_all:
                code = mpi_.all_to_all(sent, received, bytes, operation.bytes, request);
                break;
            case Collective::all_gather:
                code = mpi_.all_gather(sent, received, bytes, operation.bytes, request);
                break;
            case Collective::broadcast:
                code = mpi_.broadcast(received, static_cast<int>(bytes), operation.root, request);
                break;
            case Collective::barrier:
                code = mpi_.barrier(request);
                break;
        }
        suspect(code, operation.description.c_str());
    }
}

// With the mutex held: whether nothing is to be polled. At a failure the operations before it go on, and what says
// so is on its way, for a moment.
bool MpiThread::is_idle() const {
    if (failure_.empty()) return under_way_.empty() && suspicion_.empty() && !question_;
    return (sent_.empty() && under_way_.empty()) || Clock::now() > failed_at_ + kAnswerTime;
}

bool MpiThread::is_given_up(const MpiOperation& operation) const {
    const std::lock_guard lock(mutex_);
    return !failure_.empty() && operation.number >= failed_number_;
}

// Returns whether anything has changed.
bool MpiThread::progress() {
    bool changed = progress_sent();
    const std::vector<std::shared_ptr<MpiOperation>> ended = test_operations();
    // Before they count as done: a rank that called another operation may have ended this one, with its bytes.
    if (read_messages()) changed = true;
    const std::lock_guard lock(mutex_);
    if (!suspicion_.empty() && Clock::now() > suspected_at_ + kAnswerTime) fail_all(suspicion_, 0);
    if (question_) decide_asked();
    for (const std::shared_ptr<MpiOperation>& operation : ended)
        operation->done = failure_.empty() || operation->number < failed_number_;
    if (!ended.empty()) for_callers_.notify_all();
    return changed || !ended.empty();
}

std::vector<std::shared_ptr<MpiOperation>> MpiThread::test_operations() {
    std::vector<std::shared_ptr<MpiOperation>> ended;
    under_way_.remove_if([&](const std::shared_ptr<MpiOperation>& operation) {
        if (is_given_up(*operation)) {
            given_up_.push_back(operation);
            return true;
        }
        while (suspicion_.empty() && !operation->requests.empty()) {
            int done = 0;
            suspect(mpi_.test(&operation->requests.back(), &done), operation->operation.description.c_str());
            if (done == 0) break;
            operation->requests.pop_back();
        }
        if (!operation->requests.empty() || !suspicion_.empty()) return false;
        ended.push_back(operation);
        return true;
    });
    return ended;
}

bool MpiThread::progress_sent() {
    const std::size_t before = sent_.size();
    sent_.remove_if([&](Sent& sent) {
        int done = 0;
        suspect(mpi_.test(&sent.request, &done), "send");
        return done != 0;
    });
    return sent_.size() < before;
}

bool MpiThread::read_messages() {
    bool changed = false;
    for (int done = 1; done != 0 && suspicion_.empty(); changed = changed || done != 0) {
        suspect(mpi_.test(&receive_, &done), "receive");
        if (done == 0 || !suspicion_.empty()) break;
        read(received_);
        suspect(mpi_.receive(&received_, sizeof received_, &receive_), "receive");
    }
    const std::lock_guard lock(mutex_);
    if (!late_.empty() && failure_.empty())
        decide(late_.front());  // now that every arrival so far has been read
    late_.clear();
    return changed;
}

void MpiThread::read(const Message& message) {
    const std::lock_guard lock(mutex_);
    switch (message.subject) {
        case Subject::begins:
            return note_begin(message.from, message.number, message.text.data());
        case Subject::late:
            return late_.push_back(message.number);
        case Subject::asks:
            return post(Subject::answers, message.number, "", 0);
        case Subject::answers:
            if (question_) std::erase(question_->silent, message.from);
            return;
        case Subject::failed:
            fail_all(message.text.data(), message.number);
            first_answers_ = true;
            return for_callers_.notify_all();
    }
}

void MpiThread::suspect(int code, const char* call) {
    if (code == 0 || !suspicion_.empty()) return;
    std::array<char, 1024> text{};
    mpi_.error_text(code, text.data(), text.size());
    suspicion_ = to_text("MPI failed at ", call, ": ", text.data());
    suspected_at_ = Clock::now();
}

void MpiThread::fail_all(std::string_view why, std::int64_t number) {
    if (!failure_.empty()) return;
    failure_ = why;
    failed_number_ = number;
    failed_at_ = Clock::now();
    for (int to = 1; rank_ == 0 && to < size_; ++to) post(Subject::failed, number, why, to);
    for_callers_.notify_all();
}

void MpiThread::post(Subject subject, std::int64_t number, std::string_view text, int to) {
    Sent& sent = to_send_.emplace_back();
    sent.to = to;
    sent.message.subject = subject;
    sent.message.number = number;
    sent.message.from = rank_;
    write(text, sent.message.text);
    for_thread_.notify_one();
}

void MpiThread::note_begin(int rank, std::int64_t number, const std::string& description) {
    // As long as a message's at most, so that long ones compare as equal.
    const std::string how = arrivals_.add(rank, number, description.substr(0, sizeof(Message::text) - 1));
    if (!how.empty()) fail_all(how, number);
}

void MpiThread::decide(std::int64_t number) {
    const std::vector<int> missing = arrivals_.missing(number);
    // Rank 0 itself may be missing because it waits for another one, in an operation before.
    if (!missing.empty() && missing.front() == 0 && last_ && !last_->done) return decide(last_->number);
    if (!missing.empty())
        return fail_all(to_text("waited ", timeout_, " s for ", names_of_ranks(missing, hosts_)), number);
    if (question_) return;
    question_ = {number, Clock::now(), {}};
    for (int rank = 1; rank < size_; ++rank) {
        question_->silent.push_back(rank);
        post(Subject::asks, number, "", rank);
    }
}

void MpiThread::decide_asked() {
    const Question& asked = *question_;
    if (!asked.silent.empty() && Clock::now() < asked.asked_at + kAnswerTime) return;
    fail_all(asked.silent.empty()
                 ? to_text("waited ", timeout_, " s; all ranks have begun it, and MPI does not end it")
                 : to_text("waited ", timeout_, " s for ", names_of_ranks(asked.silent, hosts_),
                           ", which began it"),
             asked.number);
    question_.reset();
}

}  // namespace tern
