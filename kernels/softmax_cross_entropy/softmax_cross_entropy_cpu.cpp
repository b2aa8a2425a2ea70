// Rows over threads; the losses of the rows are added in order, whatever thread found them.
#include <algorithm>
#include <cmath>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/softmax_cross_entropy/row_target.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy_passes.hpp"

namespace tern::softmax_cross_entropy_passes {
namespace {

std::int64_t rows_per_chunk(std::int64_t classes) { return std::max<std::int64_t>(1, 4096 / classes); }

// The loss of one row: with the largest logit m, s the smoothing, log_sum = log sum exp(x - m),
//   (1 - s) (log_sum - (x[label] - m)) + s (log_sum - mean(x - m))
float row_loss(const float* x, std::int64_t classes, std::int32_t label, float smoothing) {
    const float top = *std::max_element(x, x + classes);
    float exponentials = 0, logits = 0;
    for (std::int64_t k = 0; k < classes; ++k) {
        exponentials += std::exp(x[k] - top);
        logits += x[k] - top;
    }
    const float log_sum = std::log(exponentials), loss = log_sum - (x[label] - top);
    if (smoothing == 0) return loss;  // a class that is ruled out (-inf) must not matter then
    return (1 - smoothing) * loss + smoothing * (log_sum - logits / static_cast<float>(classes));
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor& x = pass.logits;
    const std::int32_t* labels = pass.labels.data<std::int32_t>();
    const auto smoothing = static_cast<float>(pass.params.label_smoothing);
    const std::int64_t rows = x.dim(0), classes = x.dim(1);
    const Tensor losses = Tensor::empty({rows});
    parallel_for(rows, rows_per_chunk(classes), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n)
            losses.data<float>()[n] = row_loss(x.data<float>() + n * classes, classes, labels[n], smoothing);
    });
    float sum = 0;
    for (const float loss : losses.elements<float>()) sum += loss;
    *pass.loss.data<float>() = sum / static_cast<float>(rows);
}

void run(Cpu, const Backward& pass, const Stream&) {
    const Tensor &x = pass.logits, &dx = pass.dlogits;
    const std::int32_t* labels = pass.labels.data<std::int32_t>();
    const double smoothing = pass.params.label_smoothing;
    const std::int64_t rows = x.dim(0), classes = x.dim(1);
    const float scale = *pass.dloss.data<float>() / static_cast<float>(rows);
    const auto elsewhere = static_cast<float>(smoothing / static_cast<double>(classes));
    parallel_for(rows, rows_per_chunk(classes), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
            const float* from = x.data<float>() + n * classes;
            float* to = dx.data<float>() + n * classes;
            const float top = *std::max_element(from, from + classes);
            float sum = 0;
            for (std::int64_t k = 0; k < classes; ++k) sum += to[k] = std::exp(from[k] - top);
            to[labels[n]] -= static_cast<float>(1 - smoothing) * sum;
            for (std::int64_t k = 0; k < classes; ++k) to[k] = scale * (to[k] / sum - elsewhere);
        }
    });
}

void run(Cpu, const RowsForward& pass, const Stream&) {
    const RowTarget<float> target(pass);
    const std::int64_t rows = pass.logits.dim(0), classes = pass.logits.dim(1);
    const auto loss_of = [&](std::int64_t n) {
        const float* x = pass.logits.data<float>() + n * classes;
        const float top = *std::max_element(x, x + classes);
        float exponentials = 0, loss = 0;
        for (std::int64_t k = 0; k < classes; ++k) exponentials += std::exp(x[k] - top);
        const float log_sum = std::log(exponentials);
        for (std::int64_t k = 0; k < classes; ++k) {
            const float wanted = target.at(n, k);
            if (wanted != 0) loss += wanted * (log_sum - (x[k] - top));  // whose x may be -inf
        }
        return loss;
    };
    parallel_for(rows, rows_per_chunk(classes), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
            pass.losses.data<float>()[n] = target.is_ignored(n) ? 0 : loss_of(n);
            pass.row_weights.data<float>()[n] = target.row_weight(n);
        }
    });
}

void run(Cpu, const RowsBackward& pass, const Stream&) {
    const RowTarget<float> target(pass);
    const std::int64_t rows = pass.logits.dim(0), classes = pass.logits.dim(1);
    const auto gradient = [&](std::int64_t n) {
        const float* from = pass.logits.data<float>() + n * classes;
        float* to = pass.dlogits.data<float>() + n * classes;
        if (target.is_ignored(n)) {
            std::fill_n(to, classes, 0.0f);
            return;
        }
        const float top = *std::max_element(from, from + classes), scale = pass.dlosses.data<float>()[n];
        float sum = 0, all = 0;
        for (std::int64_t k = 0; k < classes; ++k) {
            sum += to[k] = std::exp(from[k] - top);
            all += target.at(n, k);
        }
        for (std::int64_t k = 0; k < classes; ++k) to[k] = scale * (all * (to[k] / sum) - target.at(n, k));
    };
    parallel_for(rows, rows_per_chunk(classes), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) gradient(n);
    });
}

}  // namespace tern::softmax_cross_entropy_passes
