#include <cmath>

#include "tern/kernels/classification_metrics/classification_metrics_passes.hpp"

namespace tern::classification_metrics_passes {
namespace {

// The first NaN, else the first largest.
template <class T>
std::int64_t prediction(const T* row, std::int64_t classes) {
    std::int64_t best = 0;
    for (std::int64_t k = 0; k < classes; ++k) {
        const auto value = static_cast<Compute<T>>(row[k]);
        if (std::isnan(value)) return k;
        if (value > static_cast<Compute<T>>(row[best])) best = k;
    }
    return best;
}

// Calls function(label, prediction) for every row.
template <class F>
void for_each_row(const Tensor& logits, const Tensor& labels, F function) {
    const std::int64_t classes = logits.dim(1);
    visit_floating(logits.dtype(), [&]<class T>() {
        for (std::int64_t n = 0; n < logits.dim(0); ++n) {
            function(labels.data<std::int32_t>()[n], prediction(logits.data<T>() + n * classes, classes));
        }
    });
}

}  // namespace

void run(Ref, const Totals& pass, const Stream&) {
    const Tensor &totals = pass.totals, &logits = pass.logits, &labels = pass.labels, &loss = pass.loss;
    const auto count = static_cast<double>(logits.dim(0));
    double correct = 0;
    for_each_row(logits, labels,
                 [&](std::int64_t label, std::int64_t predicted) { correct += label == predicted ? 1 : 0; });
    const double mean =
        visit_floating(loss.dtype(), [&]<class T>() { return static_cast<double>(*loss.data<T>()); });
    const double batch[3] = {count * mean, correct, count};
    for (int i = 0; i < 3; ++i) pass.new_totals.data<double>()[i] = totals.data<double>()[i] + batch[i];
}

void run(Ref, const Confusion& pass, const Stream&) {
    const Tensor &before = pass.matrix, &matrix = pass.new_matrix;
    const std::int64_t classes = matrix.dim(0);
    std::int64_t* counts = matrix.data<std::int64_t>();
    for (std::int64_t i = 0; i < matrix.numel(); ++i) counts[i] = before.data<std::int64_t>()[i];
    for_each_row(pass.logits, pass.labels, [&](std::int64_t label, std::int64_t predicted) {
        if (label >= 0 && label < classes) ++counts[label * classes + predicted];
    });
}

}  // namespace tern::classification_metrics_passes
