#include "tern/training/totals.hpp"

#include <algorithm>
#include <utility>

#include "tern/core/error.hpp"
#include "tern/kernels/accumulate/accumulate.hpp"
#include "tern/kernels/metrics/metrics.hpp"

namespace tern {

double TotalsRead::metric(std::string_view name) const {
    const auto found = std::ranges::find(metrics, name, &Value::metric);
    if (found != metrics.end()) return found->value;
    std::string names;
    for (const Value& value : metrics) names += (names.empty() ? "" : ", ") + value.metric;
    fail("metrics", "no metric \"", name, "\", only ", names.empty() ? "the loss" : names);
}

Totals::Totals(std::vector<Metric> metrics, Device device)
    : metrics_(std::move(metrics)),
      sums_(Tensor::zeros({1 + std::ssize(metrics_), 2}, DType::float64, device)) {
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
        TERN_CHECK(metrics_[i].add, "metrics", "metric \"", metrics_[i].name,
                   "\" counts nothing: its add is empty");
        const auto same = std::ranges::find(metrics_, metrics_[i].name, &Metric::name);
        TERN_CHECK(static_cast<std::size_t>(same - metrics_.begin()) == i && metrics_[i].name != "loss",
                   "metrics", "takes metrics of different names, got ", metrics_[i].name, " again");
    }
}

void Totals::count(const Tensor& sums, const Tensor& output, const Tensor& target, const Tensor& loss,
                   const Tensor& kept) const {
    const auto row = [&](std::int64_t i) { return sums.slice(i, i + 1).reshape({2}); };
    accumulate_mean(row(0), loss.detach(), output.dim(0), kept);
    for (std::int64_t i = 0; const Metric& metric : metrics_) metric.add(row(++i), output.detach(), target);
}

void Totals::add(const Tensor& sums) const { accumulate(sums_, sums); }

TotalsRead Totals::read() const {
    const Tensor host = sums_.to(Device::cpu());
    const std::span<const double> sums = host.elements<double>();
    const auto mean = [&](std::size_t i) { return sums[2 * i + 1] == 0 ? 0 : sums[2 * i] / sums[2 * i + 1]; };
    TotalsRead read{mean(0), {}, static_cast<std::int64_t>(sums[1])};
    for (std::size_t i = 0; i < metrics_.size(); ++i) read.metrics.push_back({metrics_[i].name, mean(i + 1)});
    return read;
}

}  // namespace tern
