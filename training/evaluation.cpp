#include "tern/training/evaluation.hpp"

#include "tern/core/autograd.hpp"
#include "tern/core/devices/range.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/data/batches.hpp"
#include "tern/kernels/classification_metrics/classification_metrics.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/layers/evaluation_scope.hpp"
#include "tern/training/inference.hpp"

namespace tern {
Evaluation evaluate(Module& model, const BatchSource& source, std::int64_t batch_size, bool keep_logits,
                    const std::function<bool()>& stop) {
    const Range range("evaluate");
    const EvaluationScope evaluation(model);
    const NoGrad no_grad;
    const std::int64_t classes = source.class_count(), samples = source.size();
    const Batches batches(epoch_order(samples, false, 0, 0, source.device()), batch_size);
    const Totals totals(source.device());
    const Tensor confusion = Tensor::zeros({classes, classes}, DType::int64, source.device());
    Tensor all_logits;
    if (keep_logits) all_logits = Tensor::empty({samples, classes}, source.precision(), source.device());

    Inference inference(model);
    StepArena whole(source.device()), last(source.device());  // the last batch may be shorter
    for (std::int64_t i = 0; i < batches.count(); ++i) {
        if (stop && stop()) break;
        const StepArena::Scope scope(batches[i].dim(0) == batch_size ? whole : last);
        const Batch batch = source.batch(batches[i]);
        const Tensor logits = inference.run(batch.images);
        totals.add(logits, batch.labels, softmax_cross_entropy(logits, batch.labels));
        confusion_matrix(confusion, logits, batch.labels);
        if (keep_logits) {
            all_logits.slice(i * batch_size, i * batch_size + logits.dim(0)).copy_from(logits);
        }
    }
    return {totals.read(), confusion.to(Device::cpu()),
            keep_logits ? all_logits.to(Device::cpu()) : Tensor()};
}

}  // namespace tern
