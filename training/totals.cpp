#include "tern/training/totals.hpp"

#include "tern/kernels/classification_metrics/classification_metrics.hpp"

namespace tern {

void Totals::add(const Tensor& logits, const Tensor& labels, const Tensor& loss) const {
    classification_metrics(sums_, logits, labels, loss);
}

TotalsRead Totals::read() const {
    const Tensor host = sums_.to(Device::cpu());
    const std::span<double> sums = host.elements<double>();
    if (sums[2] == 0) return {};
    return {sums[0] / sums[2], sums[1] / sums[2], static_cast<std::int64_t>(sums[2])};
}

}  // namespace tern
