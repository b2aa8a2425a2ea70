#include "tern/training/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "tern/core/error.hpp"
#include "tern/kernels/cast/cast.hpp"

namespace tern {
namespace {

double mean(double sum, std::int64_t samples) {
    return samples == 0 ? 0 : sum / static_cast<double>(samples);
}

// The largest probability of the softmax; NaN where a logit is not finite.
double confidence_of(std::span<const double> logits, double largest) {
    double sum = 0;
    for (const double logit : logits) sum += std::exp(logit - largest);
    return 1 / sum;
}

std::size_t bin_of(double confidence) {
    if (std::isnan(confidence)) return 0;
    const double bin = std::ceil(confidence * Calibration::kBins) - 1;
    return static_cast<std::size_t>(std::clamp(bin, 0.0, Calibration::kBins - 1.0));
}

}  // namespace

double Calibration::Bin::confidence() const { return mean(confidences, samples); }
double Calibration::Bin::accuracy() const { return mean(static_cast<double>(correct), samples); }

void Calibration::add(const Tensor& logits, const Tensor& labels) {
    TERN_CHECK(logits.rank() == 2 && logits.dim(1) >= 1 && labels.shape() == Shape{logits.dim(0)},
               "calibration", "takes logits (N, K) and labels (N), got ", logits, " and ", labels);
    const Tensor host = cast(logits.to(Device::cpu()), DType::float64), right = labels.to(Device::cpu());
    const std::span<const double> all = host.elements<double>();
    const auto classes = static_cast<std::size_t>(logits.dim(1));
    for (std::size_t at = 0; const std::int32_t label : right.elements<std::int32_t>()) {
        const std::span<const double> row = all.subspan(at, classes);
        at += classes;
        const auto largest = std::ranges::max_element(row);
        const double confidence = confidence_of(row, *largest);
        Bin& bin = bins_[bin_of(confidence)];
        bin.samples += 1;
        bin.correct += largest - row.begin() == label ? 1 : 0;
        bin.confidences += confidence;
    }
}

double Calibration::error() const {
    double distance = 0;
    std::int64_t samples = 0;
    for (const Bin& bin : bins_) {
        distance += std::fabs(static_cast<double>(bin.correct) - bin.confidences);
        samples += bin.samples;
    }
    return mean(distance, samples);
}

}  // namespace tern
