#include "tern/training/loader.hpp"

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

}  // namespace

Loader::Loader(const BatchSource& source, int workers) : source_(source) {
    TERN_CHECK(workers >= 1 && workers <= kMostWorkers, "Loader", "takes 1 to ", kMostWorkers,
               " workers, got ", workers);
    slots_.resize(static_cast<std::size_t>(workers * kBatchesPerWorker));
    for (int i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
}

Loader::~Loader() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    may_begin_.notify_all();
    for (std::thread& worker : workers_) worker.join();
}

void Loader::start(std::vector<Request> plan) {
    std::unique_lock lock(mutex_);
    drop_plan(lock);
    plan_ = std::move(plan);
    lock.unlock();
    may_begin_.notify_all();
}

// Workers write into their slots until they are done.
void Loader::drop_plan(std::unique_lock<std::mutex>& lock) {
    begun_ = plan_.size();
    ready_.wait(lock, [this] { return busy_ == 0; });
    for (Slot& slot : slots_) slot = {};
    plan_.clear();
    begun_ = taken_ = 0;
}

Batch Loader::batch(const Tensor& samples, std::optional<std::uint32_t> epoch) const {
    std::unique_lock lock(mutex_);
    TERN_CHECK(taken_ < plan_.size() && is_request(plan_[taken_], samples, epoch), "Loader",
               "start() must have named this batch, of ", samples.numel(), " samples, as number ", taken_,
               " of the ", plan_.size(), " that are to come");
    Slot& next = slot(taken_);
    ready_.wait(lock, [&] { return next.ready; });
    if (next.error) std::rethrow_exception(next.error);
    const Slot taken = std::exchange(next, {});
    ++taken_;
    lock.unlock();
    may_begin_.notify_one();
    return taken.finish();
}

void Loader::work() {
    const SerialScope serial;  // the other workers and the step have the other CPUs
    const NoGrad no_grad;
    std::unique_lock lock(mutex_);
    for (;;) {
        may_begin_.wait(
            lock, [this] { return ends_ || (begun_ < plan_.size() && begun_ < taken_ + slots_.size()); });
        if (ends_) return;
        const std::size_t own = begun_++;
        const Request request = plan_[own];
        ++busy_;
        lock.unlock();
        Slot made;
        made.ready = true;
        try {
            const Range range("make batch");
            made.finish = source_.prepare(request.samples, request.epoch);
        } catch (...) {
            made.error = std::current_exception();
        }
        lock.lock();
        slot(own) = std::move(made);
        --busy_;
        ready_.notify_all();
    }
}

}  // namespace tern
