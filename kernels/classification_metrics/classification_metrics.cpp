#include "tern/kernels/classification_metrics/classification_metrics.hpp"

#include "tern/kernels/classification_metrics/classification_metrics_passes.hpp"

namespace tern {
namespace {

const char* const kWhere = "classification_metrics";

void check_batch(const Tensor& sums, const Tensor& logits, const Tensor& labels) {
    TERN_CHECK(logits.rank() == 2 && logits.dim(1) > 0 && is_floating(logits.dtype()), kWhere,
               "logits must be (N, K) of a floating-point type with K > 0, got ", logits);
    TERN_CHECK(labels.shape() == Shape{logits.dim(0)} && labels.dtype() == DType::int32, kWhere,
               "labels must be int32 ", Shape{logits.dim(0)}, " for logits ", logits.shape(), ", got ",
               labels);
    TERN_CHECK(labels.device() == logits.device() && sums.device() == logits.device(), kWhere, "logits on ",
               logits.device(), ", labels on ", labels.device(), ", sums on ", sums.device());
}

}  // namespace

using namespace classification_metrics_passes;

// A batch is some hundred numbers: a version with threads would only be slower than ref.
const Op& classification_metrics_op() {
    static const Op op{"classification_metrics",
                       {pass_of<Totals, Partial<Cuda>, Ref>(), pass_of<Confusion, Partial<Cuda>, Ref>()}};
    return op;
}

void classification_metrics(const Tensor& totals, const Tensor& logits, const Tensor& labels,
                            const Tensor& loss) {
    check_batch(totals, logits, labels);
    TERN_CHECK(totals.shape() == Shape{3} && totals.dtype() == DType::float64, kWhere,
               "totals must be float64 (3), got ", totals);
    TERN_CHECK(loss.numel() == 1 && is_floating(loss.dtype()), kWhere, "the loss must be one number, got ",
               loss);
    run_pass(
        Totals{.totals = totals, .logits = logits, .labels = labels, .loss = loss, .new_totals = totals});
}

void confusion_matrix(const Tensor& matrix, const Tensor& logits, const Tensor& labels) {
    check_batch(matrix, logits, labels);
    TERN_CHECK((matrix.shape() == Shape{logits.dim(1), logits.dim(1)}) && matrix.dtype() == DType::int64,
               kWhere, "the matrix must be int64 ", Shape{logits.dim(1), logits.dim(1)}, ", got ", matrix);
    run_pass(Confusion{.matrix = matrix, .logits = logits, .labels = labels, .new_matrix = matrix});
}

}  // namespace tern
