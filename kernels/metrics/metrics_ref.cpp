#include <cmath>

#include "tern/kernels/metrics/metrics_passes.hpp"

namespace tern::metrics_passes {
namespace {

// Whether class `a` is ranked before class `b`.
template <class T>
bool is_before(const T* row, std::int64_t a, std::int64_t b) {
    const auto x = static_cast<Compute<T>>(row[a]), y = static_cast<Compute<T>>(row[b]);
    if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && (a < b || !std::isnan(y));
    return x > y || (x == y && a < b);
}

// How many classes are ranked before `label`.
template <class T>
std::int64_t rank_of(const T* row, std::int64_t label, std::int64_t classes) {
    std::int64_t rank = 0;
    for (std::int64_t k = 0; k < classes; ++k) rank += is_before(row, k, label) ? 1 : 0;
    return rank;
}

// Calls function(label, row) for every label that is a class.
template <class F>
void for_each_row(const Tensor& logits, const Tensor& labels, F function) {
    const std::int64_t classes = logits.dim(1);
    visit_floating(logits.dtype(), [&]<class T>() {
        for (std::int64_t n = 0; n < logits.dim(0); ++n) {
            const std::int64_t label = labels.data<std::int32_t>()[n];
            if (label >= 0 && label < classes) function(label, logits.data<T>() + n * classes);
        }
    });
}

void add(const Tensor& total, double sum, std::int64_t count, const Tensor& new_total) {
    new_total.data<double>()[0] = total.data<double>()[0] + sum;
    new_total.data<double>()[1] = total.data<double>()[1] + static_cast<double>(count);
}

}  // namespace

void run(Ref, const Mean& pass, const Stream&) {
    const double mean = visit_floating(pass.mean.dtype(),
                                       [&]<class T>() { return static_cast<double>(*pass.mean.data<T>()); });
    const auto add_mean = [&](const Tensor& total, std::int64_t count, const Tensor& new_total) {
        add(total, static_cast<double>(count) * mean, count, new_total);
    };
    add_mean(pass.total, pass.params.count, pass.new_total);
    if (pass.other.defined()) add_mean(pass.other, 1, pass.new_other);
}

void run(Ref, const Correct& pass, const Stream&) {
    double correct = 0;
    for_each_row(pass.logits, pass.labels, [&](std::int64_t label, const auto* row) {
        correct += rank_of(row, label, pass.logits.dim(1)) < pass.params.top_k ? 1 : 0;
    });
    add(pass.total, correct, pass.logits.dim(0), pass.new_total);
}

void run(Ref, const Confusion& pass, const Stream&) {
    const std::int64_t classes = pass.matrix.dim(0);
    std::int64_t* const counts = pass.new_matrix.data<std::int64_t>();
    for (std::int64_t i = 0; i < pass.matrix.numel(); ++i) counts[i] = pass.matrix.data<std::int64_t>()[i];
    for_each_row(pass.logits, pass.labels, [&](std::int64_t label, const auto* row) {
        std::int64_t first = 0;
        for (std::int64_t k = 1; k < classes; ++k)
            if (is_before(row, k, first)) first = k;
        ++counts[label * classes + first];
    });
}

}  // namespace tern::metrics_passes
