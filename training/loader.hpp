// Batches made ahead of the step that takes them.
#pragma once

#include <memory>
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
    struct Ahead;

    const BatchSource& source_;
    std::unique_ptr<Ahead> ahead_;
};

}  // namespace tern
