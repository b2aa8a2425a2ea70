#include "tern/training/loader.hpp"

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/core/devices/range.hpp"
#include "tern/core/error.hpp"
#include "tern/core/threads/parallel.hpp"

namespace tern {
namespace {

// That very one: samples are not compared.
bool is_request(const Loader::Request& request, const Tensor& samples, std::optional<std::uint32_t> epoch) {
    return request.samples.raw_data() == samples.raw_data() && request.samples.numel() == samples.numel() &&
           request.epoch == epoch;
}

struct Slot {
    std::function<Batch()> finish;
    std::exception_ptr error;
    bool ready = false;
};

}  // namespace

// The workers, and what they share with the thread that takes batches.
struct Loader::Threads {
    Threads(const BatchSource& from, int count)
        : source(from), slots(static_cast<std::size_t>(count * kBatchesPerWorker)) {
        for (int i = 0; i < count; ++i) workers.emplace_back([this] { work(); });
    }
    ~Threads() {
        {
            const std::lock_guard lock(mutex);
            ends = true;
        }
        may_begin.notify_all();
        for (std::thread& worker : workers) worker.join();
    }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

    Slot& slot(std::size_t i) { return slots[i % slots.size()]; }
    void drop_plan(std::unique_lock<std::mutex>& lock);
    void work();

    const BatchSource& source;
    std::mutex mutex;
    std::condition_variable may_begin, ready;
    // All below under the mutex.
    std::vector<Request> plan;
    std::vector<Slot> slots;  // of the batches [taken, taken + slots)
    std::size_t begun = 0;    // batches that a worker is at or was
    std::size_t taken = 0;
    int busy = 0;  // workers that are at a batch
    bool ends = false;
    std::vector<std::thread> workers;
};

// Workers write into their slots until they are done.
void Loader::Threads::drop_plan(std::unique_lock<std::mutex>& lock) {
    begun = plan.size();
    ready.wait(lock, [this] { return busy == 0; });
    for (Slot& slot : slots) slot = {};
    plan.clear();
    begun = taken = 0;
}

void Loader::Threads::work() {
    const SerialScope serial;  // the other workers and the step have the other CPUs
    const NoGrad no_grad;
    std::unique_lock lock(mutex);
    for (;;) {
        may_begin.wait(lock,
                       [this] { return ends || (begun < plan.size() && begun < taken + slots.size()); });
        if (ends) return;
        const std::size_t own = begun++;
        const Request request = plan[own];
        ++busy;
        lock.unlock();
        Slot made;
        made.ready = true;
        try {
            const Range range("make batch");
            made.finish = source.prepare(request.samples, request.epoch);
        } catch (...) {
            made.error = std::current_exception();
        }
        lock.lock();
        slot(own) = std::move(made);
        --busy;
        ready.notify_all();
    }
}

Loader::Loader(const BatchSource& source, int workers) : source_(source) {
    TERN_CHECK(workers >= 1 && workers <= kMostWorkers, "Loader", "takes 1 to ", kMostWorkers,
               " workers, got ", workers);
    threads_ = std::make_unique<Threads>(source, workers);
}

Loader::~Loader() = default;

void Loader::start(std::vector<Request> plan) {
    std::unique_lock lock(threads_->mutex);
    threads_->drop_plan(lock);
    threads_->plan = std::move(plan);
    lock.unlock();
    threads_->may_begin.notify_all();
}

Batch Loader::batch(const Tensor& samples, std::optional<std::uint32_t> epoch) const {
    Threads& own = *threads_;
    std::unique_lock lock(own.mutex);
    TERN_CHECK(own.taken < own.plan.size() && is_request(own.plan[own.taken], samples, epoch), "Loader",
               "start() must have named this batch, of ", samples.numel(), " samples, as number ", own.taken,
               " of the ", own.plan.size(), " that are to come");
    Slot& next = own.slot(own.taken);
    own.ready.wait(lock, [&] { return next.ready; });
    if (next.error) std::rethrow_exception(next.error);
    const Slot taken = std::exchange(next, {});
    ++own.taken;
    lock.unlock();
    own.may_begin.notify_one();
    return taken.finish();
}

}  // namespace tern
