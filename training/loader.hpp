// Batches made ahead of the step that takes them.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tern/training/batch_source.hpp"

namespace tern {

/// Another source's batches, prepared by threads of its own while the last ones are worked on: at most
/// kBatchesPerWorker for each, in the order of the plan and with the same bits whatever the number of threads.
class Loader : public BatchSource {
  public:
    static constexpr int kBatchesPerWorker = 2;
    static constexpr int kMostWorkers = 256;

    /// What will be taken: samples on the CPU, and as which epoch's.
    struct Request {
        Tensor samples;
        std::optional<std::uint32_t> epoch = {};
    };

    /// `source` must live longer. Throws Error for less than 1 worker, and for more than kMostWorkers.
    Loader(const BatchSource& source, int workers);
    /// Returns when the threads have ended, after the batches that they are at.
    ~Loader() override;
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    /// What batch() will be asked for from now on, in this order. What is left of a former plan is dropped.
    void start(std::vector<Request> plan);
    /// Waits for the next batch of the plan, for which this must be asked with that very tensor, and throws Error where it is
    /// not. Throws what its source threw, and so for whatever is left of the plan.
    Batch batch(const Tensor& samples, std::optional<std::uint32_t> epoch = {}) const override;

    std::int64_t size() const override { return source_.size(); }
    Device device() const override { return source_.device(); }
    DType precision() const override { return source_.precision(); }
    std::int64_t batch_kind(std::uint32_t epoch) const override { return source_.batch_kind(epoch); }

  private:
    struct Slot {
        std::function<Batch()> finish;
        std::exception_ptr error;
        bool ready = false;
    };

    Slot& slot(std::size_t i) const { return slots_[i % slots_.size()]; }
    void work();
    void drop_plan(std::unique_lock<std::mutex>& lock);

    const BatchSource& source_;
    mutable std::mutex mutex_;
    mutable std::condition_variable may_begin_, ready_;
    // All below under the mutex.
    std::vector<Request> plan_;
    mutable std::vector<Slot> slots_;  // of the batches [taken_, taken_ + slots)
    std::size_t begun_ = 0;            // batches that a worker is at or was
    mutable std::size_t taken_ = 0;
    int busy_ = 0;  // workers that are at a batch
    bool ends_ = false;
    std::vector<std::thread> workers_;
};

}  // namespace tern
