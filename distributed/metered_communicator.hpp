// What a rank's exchanges cost it.
#pragma once

#include <string>
#include <vector>

#include "tern/core/communicator.hpp"

namespace tern {

/// All operations of one purpose so far.
struct ExchangeCost {
    std::string what;
    std::int64_t operations = 0;
    std::int64_t bytes = 0;  // that this rank has sent to others
    double under_way = 0;    // seconds from their beginning to the end of wait()
    double waited = 0;       // of these in wait(): what the rank did not compute meanwhile
};

/// Hands everything to another communicator, and measures it.
class MeteredCommunicator : public Communicator {
  public:
    explicit MeteredCommunicator(std::unique_ptr<Communicator> metered) : metered_(std::move(metered)) {}

    int rank() const override { return metered_->rank(); }
    int size() const override { return metered_->size(); }
    Device device() const override { return metered_->device(); }
    void set_timeout(double seconds) override { metered_->set_timeout(seconds); }
    std::unique_ptr<Work> all_to_all(const Tensor& sent, const Tensor& received,
                                     std::string_view what) override;
    std::unique_ptr<Work> all_gather(const Tensor& tensor, const Tensor& gathered,
                                     std::string_view what) override;
    std::unique_ptr<Work> broadcast(const Tensor& tensor, int root, std::string_view what) override;
    std::unique_ptr<Work> barrier(std::string_view what) override;
    bool fail(std::string_view why) override { return metered_->fail(why); }
    void abort() override { metered_->abort(); }

    /// In the order of their first operations.
    const std::vector<ExchangeCost>& costs() const { return costs_; }

  private:
    class MeteredWork;
    std::unique_ptr<Work> begin(std::unique_ptr<Work> work, std::string_view what, std::int64_t bytes,
                                double start);

    std::unique_ptr<Communicator> metered_;
    std::vector<ExchangeCost> costs_;
};

}  // namespace tern
