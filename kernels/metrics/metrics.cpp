#include "tern/kernels/metrics/metrics.hpp"

#include "tern/kernels/metrics/metrics_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
namespace {

const char* const kWhere = "metrics";

void check_total(const Tensor& total) {
    check_defined(kWhere, {{"the total", total}});
    TERN_CHECK(total.shape() == Shape{2} && total.dtype() == DType::float64, kWhere,
               "the total must be float64 (2), got ", total);
}

void check_batch(const Tensor& sums, const Tensor& logits, const Tensor& labels) {
    check_defined(kWhere, {{"the total", sums}, {"logits", logits}, {"labels", labels}});
    TERN_CHECK(logits.rank() == 2 && logits.dim(1) > 0 && is_floating(logits.dtype()), kWhere,
               "logits must be (N, K) of a floating-point type with K > 0, got ", logits);
    TERN_CHECK(labels.shape() == Shape{logits.dim(0)} && labels.dtype() == DType::int32, kWhere,
               "labels must be int32 ", Shape{logits.dim(0)}, " for logits ", logits.shape(), ", got ",
               labels);
    TERN_CHECK(labels.device() == logits.device() && sums.device() == logits.device(), kWhere, "logits on ",
               logits.device(), ", labels on ", labels.device(), ", sums on ", sums.device());
}

}  // namespace

using namespace metrics_passes;

// A batch is some hundred numbers: a version with threads would only be slower than ref.
const Op& metrics_op() {
    static const Op op{"metrics",
                       {pass_of<Mean, Partial<Cuda>, Ref>(), pass_of<Correct, Partial<Cuda>, Ref>(),
                        pass_of<Confusion, Partial<Cuda>, Ref>()}};
    return op;
}

void accumulate_mean(const Tensor& total, const Tensor& mean, std::int64_t count, const Tensor& other) {
    check_total(total);
    check_defined(kWhere, {{"the mean", mean}});
    TERN_CHECK(mean.numel() == 1 && is_floating(mean.dtype()), kWhere, "a mean must be one number, got ",
               mean);
    TERN_CHECK(mean.device() == total.device(), kWhere, "a mean on ", mean.device(), ", the total on ",
               total.device());
    TERN_CHECK(count >= 0, kWhere, "a mean must be of at least no sample, got ", count);
    if (other.defined()) {
        check_total(other);
        TERN_CHECK(other.device() == total.device(), kWhere, "a total on ", total.device(), ", another on ",
                   other.device());
        TERN_CHECK(other.raw_data() != total.raw_data(), kWhere, "takes two totals, got ", total, " twice");
    }
    const MeanParams params{count};
    run_pass(Mean{.params = params,
                  .total = total,
                  .other = other,
                  .mean = mean,
                  .new_total = total,
                  .new_other = other});
}

void accumulate_correct(const Tensor& total, const Tensor& logits, const Tensor& labels, std::int64_t top_k) {
    check_batch(total, logits, labels);
    check_total(total);
    TERN_CHECK(top_k >= 1, kWhere, "top_k must be at least 1, got ", top_k);
    const CorrectParams params{top_k};
    run_pass(
        Correct{.params = params, .total = total, .logits = logits, .labels = labels, .new_total = total});
}

void confusion_matrix(const Tensor& matrix, const Tensor& logits, const Tensor& labels) {
    check_batch(matrix, logits, labels);
    TERN_CHECK((matrix.shape() == Shape{logits.dim(1), logits.dim(1)}) && matrix.dtype() == DType::int64,
               kWhere, "the matrix must be int64 ", Shape{logits.dim(1), logits.dim(1)}, ", got ", matrix);
    run_pass(Confusion{.matrix = matrix, .logits = logits, .labels = labels, .new_matrix = matrix});
}

}  // namespace tern
