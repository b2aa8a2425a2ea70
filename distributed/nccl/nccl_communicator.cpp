#include "tern/distributed/nccl_communicator.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/devices/device_info.hpp"
#include "tern/core/devices/event.hpp"
#include "tern/core/devices/stream_scope.hpp"
#include "tern/core/error.hpp"
#include "tern/distributed/checked_communicator.hpp"
#include "tern/distributed/nccl/library.hpp"
#include "tern/distributed/share.hpp"

namespace tern {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookTime{10};    // between two looks of the thread that watches
constexpr std::chrono::microseconds kSettleTime{50};  // between two where the caller waits
// Within which ranks, who are late at the same operation, meet on the hosts: a step's work apart at most.
constexpr double kMeetSeconds = 5;

const char* const kStart = "the start of NCCL";

// An operation between begin() and its end on the GPU.
struct Flight {
    Flight(Device device, std::string operation) : ready(device), done(device), what(std::move(operation)) {}

    Event ready;  // what it waits for on this GPU
    Event done;
    std::string what;
};

class NcclCommunicator : public CheckedCommunicator {
  public:
    NcclCommunicator(Communicator& hosts, Device device, double timeout);
    ~NcclCommunicator() override;

    void set_timeout(double seconds) override {
        check_timeout(seconds);
        const std::lock_guard lock(mutex_);
        timeout_ = seconds;
    }
    bool fail(std::string_view why) override { return hosts_.fail(why); }
    void abort() override { hosts_.abort(); }

    void wait(const Flight& flight, bool on_host);

  private:
    std::unique_ptr<Work> begin(Operation operation) override;
    ncclResult_t submit(const Operation& operation);
    ncclResult_t submit_all_to_all(const Operation& operation);
    void watch();
    void look(Clock::time_point& turn);

    // With the mutex held:
    void settle(std::unique_lock<std::mutex>& lock, ncclResult_t state, const std::string& what);
    ncclResult_t state() const;
    std::string text_of(ncclResult_t error) const;
    void end_all(const std::string& why);
    void end_late();
    [[noreturn]] void throw_failure(std::unique_lock<std::mutex>& lock, const std::string& what);

    const cuda::Nccl& nccl_ = cuda::nccl();
    Communicator& hosts_;
    OwnedStream stream_;
    Tensor token_;  // of barriers
    int exceptions_ = std::uncaught_exceptions();

    std::mutex mutex_;
    double timeout_;
    std::condition_variable changed_;
    ncclComm_t comm_ = nullptr;  // null after a failure
    std::deque<std::shared_ptr<Flight>> under_way_;
    std::string failure_;
    bool late_ = false;  // and nobody has asked the hosts who is
    bool stopping_ = false;
    std::thread watch_;
};

class NcclWork : public Work {
  public:
    NcclWork(NcclCommunicator& ranks, std::shared_ptr<Flight> flight, Operation operation)
        : ranks_(ranks), flight_(std::move(flight)), operation_(std::move(operation)) {}
    // Memory is freed in the order of the stream that it is from.
    ~NcclWork() override {
        try {
            if (!waited_) flight_->done.hold(current_stream(ranks_.device()));
        } catch (const Error&) {  // the device is lost, and its memory
        }
    }

    void wait() override {
        ranks_.wait(*flight_, operation_.kind == Collective::barrier);
        waited_ = true;
    }

  private:
    NcclCommunicator& ranks_;
    std::shared_ptr<Flight> flight_;
    Operation operation_;  // keeps its memory
    bool waited_ = false;
};

NcclCommunicator::NcclCommunicator(Communicator& hosts, Device device, double timeout)
    : CheckedCommunicator(hosts.rank(), hosts.size(), device),
      hosts_(hosts),
      stream_(device),
      token_(Tensor::zeros({hosts.size()}, DType::uint8, device)),
      timeout_(timeout) {
    ncclUniqueId id{};
    if (rank_ == 0) {
        const ncclResult_t made = nccl_.ncclGetUniqueId(&id);
        TERN_CHECK(made == ncclSuccess, kStart, text_of(made));
    }
    const std::string shared = share_text(hosts, {id.internal, sizeof id.internal}, kStart);
    TERN_ASSERT(shared.size() == sizeof id.internal);
    std::memcpy(id.internal, shared.data(), shared.size());
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;  // else a rank that does not come would keep this one in NCCL
    cuda::use_device(device.index);
    std::unique_lock lock(mutex_);
    settle(lock, nccl_.ncclCommInitRankConfig(&comm_, size_, id, rank_, &config), kStart);
    watch_ = std::thread([this] { watch(); });
}

NcclCommunicator::~NcclCommunicator() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    lock.unlock();
    watch_.join();
    lock.lock();
    if (comm_ == nullptr) return;
    if (std::uncaught_exceptions() > exceptions_) {
        end_all("left");
        return;
    }
    try {
        settle(lock, nccl_.ncclCommFinalize(comm_), "the end of NCCL");
        nccl_.ncclCommDestroy(comm_);
    } catch (const Error&) {  // which has ended it
    }
}

std::unique_ptr<Work> NcclCommunicator::begin(Operation operation) {
    auto flight = std::make_shared<Flight>(device(), operation.what);
    std::unique_lock lock(mutex_);
    if (!failure_.empty()) throw_failure(lock, operation.what);
    flight->ready.record(current_stream(device()));
    flight->ready.hold(stream_.get());
    settle(lock, submit(operation), operation.what);
    flight->done.record(stream_.get());
    under_way_.push_back(flight);
    changed_.notify_all();
    return std::make_unique<NcclWork>(*this, std::move(flight), std::move(operation));
}

ncclResult_t NcclCommunicator::submit(const Operation& operation) {
    const auto stream = static_cast<cudaStream_t>(stream_.get().native);
    const auto bytes = static_cast<std::size_t>(operation.bytes);
    cuda::use_device(device().index);
    switch (operation.kind) {
        case Collective::all_to_all:
            return submit_all_to_all(operation);
        case Collective::all_gather:
            return nccl_.ncclAllGather(operation.sent, operation.received, bytes, ncclUint8, comm_, stream);
        case Collective::broadcast:
            return nccl_.ncclBroadcast(operation.sent, operation.received, bytes, ncclUint8, operation.root,
                                       comm_, stream);
        case Collective::barrier:
            return nccl_.ncclAllGather(token_.raw_data() + rank_, token_.raw_data(), 1, ncclUint8, comm_,
                                       stream);
    }
    TERN_ASSERT(false);
}

ncclResult_t NcclCommunicator::submit_all_to_all(const Operation& operation) {
    const auto stream = static_cast<cudaStream_t>(stream_.get().native);
    const auto bytes = static_cast<std::size_t>(operation.bytes);
    ncclResult_t first = nccl_.ncclGroupStart();
    const auto keep = [&](ncclResult_t result) {
        if (first == ncclSuccess || first == ncclInProgress) first = result;
    };
    for (int rank = 0; rank < size_; ++rank) {
        const std::ptrdiff_t place = rank * operation.bytes;
        keep(nccl_.ncclSend(operation.sent + place, bytes, ncclUint8, rank, comm_, stream));
        keep(nccl_.ncclRecv(operation.received + place, bytes, ncclUint8, rank, comm_, stream));
    }
    keep(nccl_.ncclGroupEnd());
    return first;
}

void NcclCommunicator::wait(const Flight& flight, bool on_host) {
    std::unique_lock lock(mutex_);
    while (on_host && failure_.empty() && !flight.done.done()) changed_.wait_for(lock, kSettleTime);
    if (!failure_.empty()) throw_failure(lock, flight.what);
    flight.done.hold(current_stream(device()));
}

// Connections are made by NCCL's threads in the first operations, and an event can be recorded only after that.
void NcclCommunicator::settle(std::unique_lock<std::mutex>& lock, ncclResult_t now, const std::string& what) {
    const auto deadline = Clock::now() + std::chrono::duration<double>(timeout_);
    while (failure_.empty() && now == ncclInProgress) {
        if (Clock::now() > deadline) {
            end_late();
            break;
        }
        changed_.wait_for(lock, kSettleTime);
        if (failure_.empty()) now = state();
    }
    if (failure_.empty() && now != ncclSuccess) end_all(text_of(now));
    if (!failure_.empty()) throw_failure(lock, what);
}

ncclResult_t NcclCommunicator::state() const {
    ncclResult_t now = ncclSuccess;
    const ncclResult_t asked = nccl_.ncclCommGetAsyncError(comm_, &now);
    return asked == ncclSuccess ? now : asked;
}

std::string NcclCommunicator::text_of(ncclResult_t error) const {
    std::string text =
        to_text("NCCL failed: ", nccl_.ncclGetErrorString(error), ": ", nccl_.ncclGetLastError(comm_));
    std::ranges::replace(text, '\n', ' ');
    return text;
}

void NcclCommunicator::end_all(const std::string& why) {
    if (failure_.empty()) failure_ = why;
    under_way_.clear();
    if (comm_ != nullptr) nccl_.ncclCommAbort(std::exchange(comm_, nullptr));
    changed_.notify_all();
}

void NcclCommunicator::end_late() {
    late_ = true;
    end_all(to_text("waited ", timeout_, " s for the GPUs of the other ranks"));
}

// NCCL does not know for whom it waits. A rank that hangs does not come to a barrier of the hosts either.
void NcclCommunicator::throw_failure(std::unique_lock<std::mutex>& lock, const std::string& what) {
    const bool ask = std::exchange(late_, false);
    lock.unlock();
    if (ask) {
        try {
            hosts_.set_timeout(kMeetSeconds);
            hosts_.barrier(what)->wait();
        } catch (const Error& error) {
            const std::lock_guard again(mutex_);
            failure_ += to_text("; on the hosts: ", error.rule());
        }
    }
    lock.lock();
    ::tern::fail(what, failure_);
}

void NcclCommunicator::watch() {
    std::unique_lock lock(mutex_);
    Clock::time_point turn;  // of the first one under way: since then it waits for other ranks only
    while (!stopping_) {
        if (under_way_.empty()) {
            changed_.wait(lock, [&] { return stopping_ || !under_way_.empty(); });
            turn = Clock::now();
        }
        try {
            look(turn);
        } catch (const Error& error) {  // of CUDA
            end_all(error.what());
        }
        changed_.wait_for(lock, kLookTime, [&] { return stopping_; });
    }
}

void NcclCommunicator::look(Clock::time_point& turn) {
    while (!under_way_.empty() && under_way_.front()->done.done()) {
        under_way_.pop_front();
        turn = Clock::now();
    }
    if (under_way_.empty()) return;
    if (!under_way_.front()->ready.done()) turn = Clock::now();
    const ncclResult_t now = state();
    if (now != ncclSuccess && now != ncclInProgress) return end_all(text_of(now));
    if (Clock::now() > turn + std::chrono::duration<double>(timeout_)) end_late();
}

}  // namespace

std::unique_ptr<Communicator> make_nccl_communicator(Communicator& hosts, Device device,
                                                     double timeout_seconds) {
    check_timeout(timeout_seconds);
    TERN_CHECK(device.is_cuda() && hosts.device().is_cpu(), "NCCL", "joins GPUs beside ranks on CPUs, got ",
               device, " beside ", hosts.device());
    cuda::nccl();
    const std::vector<std::string> gpus =
        gather_texts(hosts, device_info(device).uuid, "the GPU of each rank");
    for (std::size_t rank = 1; rank < gpus.size(); ++rank) {
        const auto other = std::ranges::find(gpus, gpus[rank]) - gpus.begin();
        TERN_CHECK(other == static_cast<std::ptrdiff_t>(rank), "NCCL", "ranks ", other, " and ", rank,
                   " have the same GPU; each needs one of its own");
    }
    return std::make_unique<NcclCommunicator>(hosts, device, timeout_seconds);
}

}  // namespace tern
