#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/kernels/shared/channels.hpp"
#include "tern/kernels/shared/checks.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy_passes.hpp"

namespace tern {
using namespace softmax_cross_entropy_passes;

const Op& softmax_cross_entropy_op() {
    static const Op op{"softmax_cross_entropy",
                       {pass_of<Forward, Cuda, Cpu, Ref>(), pass_of<Backward, Cuda, Cpu, Ref>(),
                        pass_of<RowsForward, Cuda, Cpu, Ref>(), pass_of<RowsBackward, Cuda, Cpu, Ref>()}};
    return op;
}

namespace {

const char* const kWhere = "softmax_cross_entropy";

void check_labels(const Tensor& labels, std::int64_t classes, std::optional<std::int32_t> ignored) {
    for (std::int64_t n = 0; n < labels.numel(); ++n) {
        const std::int32_t label = labels.data<std::int32_t>()[n];
        TERN_CHECK((label >= 0 && label < classes) || label == ignored, kWhere, "label ", label, " of row ",
                   n, " is outside [0, ", classes, ')');
    }
}

void check_logits(const Tensor& logits, double label_smoothing) {
    check_defined(kWhere, {{"logits", logits}});
    TERN_CHECK(logits.rank() == 2 && logits.numel() > 0, kWhere,
               "logits must be (N, K) with N and K at least 1, got ", logits.shape());
    TERN_CHECK(is_floating(logits.dtype()), kWhere, "logits must be of a floating-point type, got ",
               logits.dtype());
    TERN_CHECK(label_smoothing >= 0 && label_smoothing <= 1, kWhere,
               "label smoothing must be in [0, 1], got ", label_smoothing);
}

void check_labels_of(const Tensor& logits, const Tensor& labels, std::optional<std::int32_t> ignored) {
    check_defined(kWhere, {{"labels", labels}});
    TERN_CHECK(labels.shape() == Shape{logits.dim(0)} && labels.dtype() == DType::int32, kWhere,
               "labels are ", labels.dtype(), ' ', labels.shape(),
               ", expected int32 (N) = ", Shape{logits.dim(0)}, " (logits ", logits.shape(), ')');
    TERN_CHECK(logits.device() == labels.device(), kWhere, "logits on ", logits.device(), ", labels on ",
               labels.device());
    if (!labels.device().is_cuda()) check_labels(labels, logits.dim(1), ignored);
}

void check_constant(const char* what, const Tensor& tensor) {
    TERN_CHECK(!tensor.requires_grad(), kWhere, what,
               " requires a gradient, but the gradient reaches the logits alone: detach() it");
}

void check_options(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
    check_logits(logits, options.label_smoothing);
    check_defined(kWhere, {{"the target", targets}});
    if (is_floating(targets.dtype())) {
        check_same_kind(kWhere, "the target", targets, logits);
        check_constant("the target", targets);
        TERN_CHECK(!options.ignore_index, kWhere,
                   "ignore_index goes with labels, and the targets are probabilities, got ",
                   options.ignore_index.value_or(0));
    } else {
        check_labels_of(logits, targets, options.ignore_index);
    }
    if (!options.weight.defined()) return;
    check_channel_vector(kWhere, "the weight", options.weight, logits);
    check_constant("the weight", options.weight);
}

}  // namespace

Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& labels, double label_smoothing) {
    check_logits(logits, label_smoothing);
    check_labels_of(logits, labels, {});
    const SoftmaxCrossEntropyParams params{label_smoothing};
    const DType dtype = logits.dtype() == DType::float64 ? DType::float64 : DType::float32;
    const Tensor loss = Tensor::empty({}, dtype, logits.device());
    const Forward pass{.params = params, .logits = logits, .labels = labels, .loss = loss};
    run_pass(pass);
    record_grad(pass);
    return loss;
}

Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& targets,
                             const CrossEntropyOptions& options) {
    check_options(logits, targets, options);
    const bool averaged = options.reduction == LossReduction::mean, labelled = !is_floating(targets.dtype());
    if (averaged && labelled && !options.weight.defined() && !options.ignore_index)
        return softmax_cross_entropy(logits, targets, options.label_smoothing);
    const RowsParams params{options.label_smoothing, options.ignore_index};
    const Tensor losses = Tensor::empty({logits.dim(0)}, compute_dtype(logits.dtype()), logits.device());
    const Tensor row_weights = Tensor::empty(losses.shape(), losses.dtype(), losses.device());
    const RowsForward pass{.params = params,
                           .logits = logits,
                           .labels = labelled ? targets : kNoTensor,
                           .probabilities = labelled ? kNoTensor : targets,
                           .weight = options.weight,
                           .losses = losses,
                           .row_weights = row_weights};
    run_pass(pass);
    record_grad(pass);
    if (options.reduction == LossReduction::none) return losses;
    return averaged ? sum(losses) / sum(row_weights) : sum(losses);
}

}  // namespace tern
