// Sums over batches that stay on the device until somebody asks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tern/training/objective.hpp"

namespace tern {

/// Means over the samples seen.
struct TotalsRead {
    struct Value {
        std::string metric;
        double value = 0;
    };

    double loss = 0;
    std::vector<Value> metrics = {};  // in the order they were asked for
    std::int64_t samples = 0;

    /// Of the metric of that name; throws Error that lists the names.
    double metric(std::string_view name) const;
};

class Totals {
  public:
    Totals(std::vector<Metric> metrics, Device device);

    /// output: (N, ...); loss: the mean of the batch.
    void add(const Tensor& output, const Tensor& target, const Tensor& loss) const {
        count(sums_, output, target, loss);
    }
    /// The same into other sums, of the shape and type of sums(); and the loss as one into `kept`, (2) float64, if defined.
    void count(const Tensor& sums, const Tensor& output, const Tensor& target, const Tensor& loss,
               const Tensor& kept = {}) const;
    /// Sums that were counted elsewhere.
    void add(const Tensor& sums) const;
    /// Waits for the device. Without any sample all are 0.
    TotalsRead read() const;
    /// Per row a sum over samples and how many: of the loss, then of each metric. float64 (1 + metrics, 2), a
    /// handle on the tensor itself.
    const Tensor& sums() const { return sums_; }
    void reset() const { sums_.fill_zero(); }
    const std::vector<Metric>& metrics() const { return metrics_; }

  private:
    std::vector<Metric> metrics_;
    Tensor sums_;
};

}  // namespace tern
