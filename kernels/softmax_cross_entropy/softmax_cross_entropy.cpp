#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy_passes.hpp"

namespace tern {
using namespace softmax_cross_entropy_passes;

const Op& softmax_cross_entropy_op() {
    static const Op op{"softmax_cross_entropy",
                       {pass_of<Forward, Cuda, Cpu, Ref>(), pass_of<Backward, Cuda, Cpu, Ref>()}};
    return op;
}

namespace {

const char* const kWhere = "softmax_cross_entropy";

void check_labels(const Tensor& labels, std::int64_t classes) {
    for (std::int64_t n = 0; n < labels.numel(); ++n) {
        const std::int32_t label = labels.data<std::int32_t>()[n];
        TERN_CHECK(label >= 0 && label < classes, kWhere, "label ", label, " of row ", n, " is outside [0, ",
                   classes, ')');
    }
}

void check(const Tensor& logits, const Tensor& labels, double label_smoothing) {
    TERN_CHECK(logits.rank() == 2 && logits.numel() > 0, kWhere,
               "logits must be (N, K) with N and K at least 1, got ", logits.shape());
    TERN_CHECK(is_floating(logits.dtype()), kWhere, "logits must be of a floating-point type, got ",
               logits.dtype());
    TERN_CHECK(labels.shape() == Shape{logits.dim(0)} && labels.dtype() == DType::int32, kWhere,
               "labels are ", labels.dtype(), ' ', labels.shape(),
               ", expected int32 (N) = ", Shape{logits.dim(0)}, " (logits ", logits.shape(), ')');
    TERN_CHECK(logits.device() == labels.device(), kWhere, "logits on ", logits.device(), ", labels on ",
               labels.device());
    TERN_CHECK(label_smoothing >= 0 && label_smoothing <= 1, kWhere,
               "label smoothing must be in [0, 1], got ", label_smoothing);
    if (!labels.device().is_cuda()) check_labels(labels, logits.dim(1));
}

}  // namespace

Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& labels, double label_smoothing) {
    check(logits, labels, label_smoothing);
    const SoftmaxCrossEntropyParams params{label_smoothing};
    const DType dtype = logits.dtype() == DType::float64 ? DType::float64 : DType::float32;
    const Tensor loss = Tensor::empty({}, dtype, logits.device());
    const Forward pass{.params = params, .logits = logits, .labels = labels, .loss = loss};
    run_pass(pass);
    record_grad(pass);
    return loss;
}

}  // namespace tern
