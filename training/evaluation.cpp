#include "tern/training/evaluation.hpp"

#include <optional>

#include "tern/core/autograd.hpp"
#include "tern/core/devices/range.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/data/batches.hpp"
#include "tern/kernels/metrics/metrics.hpp"
#include "tern/layers/evaluation_scope.hpp"
#include "tern/training/inference.hpp"

namespace tern {
namespace {

// What is kept from all batches, in the shape of the first.
class Kept {
  public:
    Kept(const EvaluationOptions& options, std::int64_t samples) : options_(options), samples_(samples) {}

    void make(const Tensor& output) {
        if (options_.confusion) {
            TERN_CHECK(output.rank() == 2, "evaluate", "counts predictions of logits (N, K), got ", output);
            confusion_ = Tensor::zeros({output.dim(1), output.dim(1)}, DType::int64, output.device());
        }
        if (options_.keep_outputs)
            outputs_ = Tensor::empty(output.shape().with(0, samples_), output.dtype(), output.device());
    }

    void add(const Tensor& output, const Tensor& target) {
        if (confusion_) confusion_matrix(confusion_, output, target);
        if (outputs_) outputs_.slice(done_, done_ + output.dim(0)).copy_from(output);
        done_ += output.dim(0);
    }

    Tensor confusion() const { return confusion_ ? confusion_.to(Device::cpu()) : Tensor(); }
    Tensor outputs() const { return outputs_ ? outputs_.to(Device::cpu()) : Tensor(); }

  private:
    const EvaluationOptions& options_;
    std::int64_t samples_, done_ = 0;
    Tensor confusion_, outputs_;
};

}  // namespace

Evaluation evaluate(Module& model, const BatchSource& source, const EvaluationOptions& options) {
    const Range range("evaluate");
    const EvaluationScope evaluation(model);
    const NoGrad no_grad;
    const Batches batches(epoch_order(source.size(), false, 0, 0, source.device()), options.batch_size);
    const Totals totals(options.metrics, source.device());
    Kept kept(options, source.size());

    Inference inference(model);
    StepArena whole(source.device()), last(source.device());  // the last batch may be shorter
    for (std::int64_t i = 0; i < batches.count(); ++i) {
        if (options.stop && options.stop()) break;
        std::optional<StepArena::Scope> scope;  // none for the first, which makes what is kept
        if (i > 0) scope.emplace(batches[i].dim(0) == options.batch_size ? whole : last);
        const Batch batch = source.batch(batches[i]);
        const Tensor output = inference.run(batch.input);
        if (i == 0) kept.make(output);
        totals.add(output, batch.target, options.loss(output, batch.target));
        kept.add(output, batch.target);
    }
    return {totals.read(), kept.confusion(), kept.outputs()};
}

}  // namespace tern
