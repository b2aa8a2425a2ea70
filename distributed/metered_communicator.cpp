#include "tern/distributed/metered_communicator.hpp"

#include <algorithm>

#include "tern/core/clock.hpp"
#include "tern/core/devices/range.hpp"

namespace tern {
class MeteredCommunicator::MeteredWork : public Work {
  public:
    MeteredWork(std::unique_ptr<Work> work, std::vector<ExchangeCost>& costs, std::size_t cost, double start)
        : work_(std::move(work)), costs_(costs), cost_(cost), start_(start) {}

    void wait() override {
        const Range range("exchange");
        const double before = steady_seconds();
        work_->wait();
        const double end = steady_seconds();
        costs_[cost_].waited += end - before;
        costs_[cost_].under_way += end - start_;
    }

  private:
    std::unique_ptr<Work> work_;
    std::vector<ExchangeCost>& costs_;
    std::size_t cost_;
    double start_;
};

std::unique_ptr<Work> MeteredCommunicator::begin(std::unique_ptr<Work> work, std::string_view what,
                                                 std::int64_t bytes, double start) {
    auto found = std::ranges::find(costs_, what, &ExchangeCost::what);
    if (found == costs_.end()) found = costs_.insert(found, {.what = std::string(what)});
    ++found->operations;
    found->bytes += bytes;
    return std::make_unique<MeteredWork>(std::move(work), costs_,
                                         static_cast<std::size_t>(found - costs_.begin()), start);
}

std::unique_ptr<Work> MeteredCommunicator::all_to_all(const Tensor& sent, const Tensor& received,
                                                      std::string_view what) {
    const double start = steady_seconds();
    return begin(metered_->all_to_all(sent, received, what), what, sent.bytes() / size() * (size() - 1),
                 start);
}

std::unique_ptr<Work> MeteredCommunicator::all_gather(const Tensor& tensor, const Tensor& gathered,
                                                      std::string_view what) {
    const double start = steady_seconds();
    return begin(metered_->all_gather(tensor, gathered, what), what, tensor.bytes() * (size() - 1), start);
}

std::unique_ptr<Work> MeteredCommunicator::broadcast(const Tensor& tensor, int root, std::string_view what) {
    const double start = steady_seconds();
    return begin(metered_->broadcast(tensor, root, what), what,
                 rank() == root ? tensor.bytes() * (size() - 1) : 0, start);
}

std::unique_ptr<Work> MeteredCommunicator::barrier(std::string_view what) {
    const double start = steady_seconds();
    return begin(metered_->barrier(what), what, 0, start);
}

}  // namespace tern
