#include "tern/training/evaluation.hpp"

#include <algorithm>
#include <optional>

#include "tern/core/autograd.hpp"
#include "tern/core/devices/range.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/data/batches.hpp"
#include "tern/distributed/share.hpp"
#include "tern/kernels/metrics/metrics.hpp"
#include "tern/layers/evaluation_scope.hpp"
#include "tern/training/batch_graph.hpp"
#include "tern/training/inference.hpp"
#include "tern/training/loader.hpp"

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

    // Of all ranks.
    Tensor confusion(Communicator& communicator) const {
        if (!options_.confusion) return {};
        const Shape shape = confusion_.shape();
        const Tensor all =
            Tensor::empty({communicator.size(), shape[0], shape[1]}, DType::int64, confusion_.device());
        communicator.all_gather(confusion_, all, "the confusion matrix")->wait();
        meet(communicator, "the confusion matrix");
        const Tensor host = all.to(Device::cpu()), sum = Tensor::zeros(shape, DType::int64);
        for (std::int64_t i = 0; i < host.numel(); ++i)
            sum.data<std::int64_t>()[i % sum.numel()] += host.data<std::int64_t>()[i];
        return sum;
    }
    Tensor outputs() const { return outputs_ ? outputs_.to(Device::cpu()) : Tensor(); }

  private:
    const EvaluationOptions& options_;
    std::int64_t samples_, done_ = 0;
    Tensor confusion_, outputs_;
};

// The batches of a rank: number i of `rounds` rounds, none where the others have one more.
std::vector<Tensor> batches_of(const Batches& batches, const Communicator& communicator,
                               std::int64_t rounds) {
    std::vector<Tensor> own;
    for (std::int64_t round = 0; round < rounds; ++round)
        if (const std::int64_t i = round * communicator.size() + communicator.rank(); i < batches.count())
            own.push_back(batches[i]);
    // Every rank has a model's outputs of something, which make what is kept.
    if (own.empty()) own.push_back(batches[batches.count() - 1]);
    return own;
}

// What a graph of a batch leaves, in the same place every time.
struct RecordedBatches {
    RecordedBatches(Device device, const Shape& rows)
        : graph(device), sums(Tensor::zeros(rows, DType::float64, device)) {}

    template <class Load, class Work>
    void run(Load load, Work work) {
        graph.run(load, [&](const Batch& batch) {
            sums.fill_zero();
            copy_to_stay(work(batch), output);
        });
    }

    BatchGraph graph;
    Tensor sums, output;
};

std::unique_ptr<Loader> load_ahead(const BatchSource& source, int workers,
                                   const std::vector<Tensor>& batches) {
    if (workers == 0) return nullptr;
    auto loader = std::make_unique<Loader>(source, workers);
    std::vector<Loader::Request> plan;
    for (const Tensor& samples : batches) plan.push_back({samples});
    loader->start(std::move(plan));
    return loader;
}

}  // namespace

Evaluation evaluate(Module& model, const BatchSource& source, const EvaluationOptions& options) {
    const Range range("evaluation");
    const EvaluationScope evaluation(model);
    const NoGrad no_grad;
    const Batches batches(
        epoch_order(source.size(), false, 0, 0, options.workers > 0 ? Device::cpu() : source.device()),
        options.batch_size);
    const Totals totals(options.metrics, source.device());
    const auto alone = options.communicator == nullptr ? make_single_communicator(source.device()) : nullptr;
    Communicator& communicator = alone ? *alone : *options.communicator;
    const std::int64_t ranks = communicator.size();
    TERN_CHECK(ranks == 1 || !options.keep_outputs, "evaluate", "keeps outputs on one rank only, got ",
               ranks);
    Kept kept(options, source.size());

    // In turn: round i has batches i ranks to (i + 1) ranks - 1, and the sums of each are added in that order.
    const std::int64_t rounds = (batches.count() - 1) / ranks + 1;
    const Shape rows = totals.sums().shape();
    const Tensor own = Tensor::zeros({rounds, rows[0], rows[1]}, DType::float64, source.device());
    const Tensor all = Tensor::zeros({ranks, rounds, rows[0], rows[1]}, DType::float64, source.device());

    TERN_CHECK(!options.graph || source.device().is_cuda(), "evaluate", "a graph is of a CUDA device, got ",
               source.device());
    const std::vector<Tensor> own_batches = batches_of(batches, communicator, rounds);
    const std::unique_ptr<Loader> loader = load_ahead(source, options.workers, own_batches);
    const BatchSource& loaded = loader ? *loader : source;
    Inference inference(model);
    StepArena whole(source.device()), last(source.device());  // the last batch may be shorter
    std::optional<RecordedBatches> recorded;                  // whole ones
    if (options.graph) recorded.emplace(source.device(), rows);
    std::int64_t done = 0;
    for (; done < rounds; ++done) {
        if (options.stop && options.stop()) break;
        const std::int64_t i = done * ranks + communicator.rank();
        if (i >= batches.count() && done > 0) continue;
        const Tensor& samples = own_batches[static_cast<std::size_t>(done)];
        const bool is_whole = samples.dim(0) == options.batch_size, as_graph = recorded && is_whole;
        std::optional<StepArena::Scope> scope;  // none for the first, which makes what is kept
        if (!as_graph && done > 0) scope.emplace(is_whole ? whole : last);
        const auto count = [&](const Tensor& sums, const Batch& batch, const Tensor& output) {
            totals.count(sums, output, batch.target, options.loss(output, batch.target));
        };
        if (as_graph)
            recorded->run([&] { return loaded.batch(samples); },
                          [&](const Batch& batch) {
                              const Tensor output = inference.run(batch.input);
                              count(recorded->sums, batch, output);
                              return output;
                          });
        const Batch batch = as_graph ? recorded->graph.batch() : loaded.batch(samples);
        const Tensor output = as_graph ? recorded->output : inference.run(batch.input);
        if (done == 0) kept.make(output);
        if (i >= batches.count()) continue;  // what is kept had to be made all the same
        const Tensor sums = own.slice(done, done + 1).reshape(rows);
        as_graph ? sums.copy_from(recorded->sums) : count(sums, batch, output);
        kept.add(output, batch.target);
        if (options.after_batch) options.after_batch(output, batch.target);
    }
    communicator.all_gather(own, all, "the evaluation")->wait();
    meet(communicator, "the evaluation");
    const Tensor each = all.reshape({ranks * rounds, rows[0], rows[1]});
    for (std::int64_t i = 0; i < done * ranks; ++i) {
        const std::int64_t at = i % ranks * rounds + i / ranks;
        totals.add(each.slice(at, at + 1).reshape(rows));
    }
    return {totals.read(), kept.confusion(communicator), kept.outputs()};
}

}  // namespace tern
