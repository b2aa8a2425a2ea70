#include "tern/training/loader.hpp"

#include <functional>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/core/devices/range.hpp"
#include "tern/core/error.hpp"
#include "tern/core/threads/made_ahead.hpp"

namespace tern {
namespace {

// That very one: samples are not compared.
bool is_request(const Loader::Request& request, const Tensor& samples, std::optional<std::uint32_t> epoch) {
    return request.samples.raw_data() == samples.raw_data() && request.samples.numel() == samples.numel() &&
           request.epoch == epoch;
}

}  // namespace

struct Loader::Ahead {
    Ahead(const BatchSource& source, int workers)
        : batches(workers, static_cast<std::size_t>(workers * kBatchesPerWorker),
                  [&source](const Request& request) {
                      const NoGrad no_grad;
                      const Range range("make batch");
                      return source.prepare(request.samples, request.epoch);
                  }) {}

    std::vector<Request> plan;
    std::size_t taken = 0;
    MadeAhead<Request, std::function<Batch()>> batches;
};

Loader::Loader(const BatchSource& source, int workers) : source_(source) {
    TERN_CHECK(workers >= 1 && workers <= kMostWorkers, "Loader", "takes 1 to ", kMostWorkers,
               " workers, got ", workers);
    ahead_ = std::make_unique<Ahead>(source, workers);
}

Loader::~Loader() = default;

void Loader::start(std::vector<Request> plan) {
    ahead_->batches.start([plan, next = std::size_t{0}]() mutable {
        return next < plan.size() ? std::optional(plan[next++]) : std::nullopt;
    });
    ahead_->plan = std::move(plan);
    ahead_->taken = 0;
}

Batch Loader::batch(const Tensor& samples, std::optional<std::uint32_t> epoch) const {
    Ahead& own = *ahead_;
    TERN_CHECK(own.taken < own.plan.size() && is_request(own.plan[own.taken], samples, epoch), "Loader",
               "start() must have named this batch, of ", samples.numel(), " samples, as number ", own.taken,
               " of the ", own.plan.size(), " that are to come");
    const std::function<Batch()> finish = *own.batches.take();
    ++own.taken;
    return finish();
}

}  // namespace tern
