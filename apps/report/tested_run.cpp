#include "tern/apps/report/tested_run.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "tern/apps/data_flags.hpp"
#include "tern/apps/evaluated_model.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/training/evaluation.hpp"

namespace tern::apps::report {
namespace {

// The surest mistakes of the batches seen so far, the surest first; of equal ones the first.
class Mistakes {
  public:
    explicit Mistakes(std::size_t most) : most_(most) {}

    void add(const Tensor& logits, const Tensor& labels) {
        const Tensor host = cast(logits.to(Device::cpu()), DType::float64), right = labels.to(Device::cpu());
        const auto classes = static_cast<std::size_t>(host.dim(1));
        std::span<const double> rest = host.elements<double>();
        for (const std::int32_t label : right.elements<std::int32_t>()) {
            add_row(rest.first(classes), label);
            rest = rest.subspan(classes);
            ++sample_;
        }
    }

    std::vector<Mistake> surest;
    std::int64_t wrong = 0;

  private:
    void add_row(std::span<const double> logits, std::int32_t label) {
        const auto largest = std::ranges::max_element(logits);
        const auto prediction = static_cast<std::int32_t>(largest - logits.begin());
        if (prediction == label) return;
        ++wrong;
        double sum = 0;
        for (const double logit : logits) sum += std::exp(logit - *largest);
        const double own = std::exp(logits[static_cast<std::size_t>(label)] - *largest);
        if (!std::isfinite(sum)) return;  // nothing is sure there
        surest.push_back({sample_, label, prediction, 1 / sum, own / sum, {}, {}});
        std::ranges::stable_sort(surest, std::ranges::greater(), &Mistake::confidence);
        if (surest.size() > most_) surest.pop_back();
    }

    std::size_t most_;
    std::int64_t sample_ = 0;
};

LabelKind labels_of(const Run& run) {
    return run.setting("labels") == "coarse" ? LabelKind::coarse : LabelKind::fine;
}

std::int64_t image_size_of(const Run& run) {
    const std::string text = run.setting("image_size");
    return text.empty() ? 0 : parse_image_size(text);
}

void evaluate_into(TestedRun& tested, const Run& run, const std::string& data, const Runtime& runtime,
                   std::size_t most) {
    const Weights weights = read_weights(run.folder / tested.weights);
    TERN_CHECK(weights.info, weights.file, "does not say its model");
    const Dataset set = load_split({data, labels_of(run), image_size_of(run)}, Split::test);
    TERN_CHECK(set.size() > 0, set.source, "has no tests");
    const std::unique_ptr<Module> model = load_evaluated_model(weights.info->model, weights, set, runtime);
    const DatasetSource source(set, {weights.info->normalization, runtime.precision, runtime.device});
    Mistakes mistakes(most);
    const Evaluation evaluation = evaluate(
        *model, source, {.confusion = true, .after_batch = [&](const Tensor& logits, const Tensor& labels) {
                             tested.calibration.add(logits, labels);
                             mistakes.add(logits, labels);
                         }});
    tested.data = set.source;
    tested.samples = evaluation.totals.samples;
    tested.loss = evaluation.totals.loss;
    tested.classes = set.classes;
    tested.confusion = evaluation.confusion;
    tested.scores = make_report(evaluation.confusion);
    tested.wrong = mistakes.wrong;
    tested.mistakes = std::move(mistakes.surest);
    for (Mistake& mistake : tested.mistakes) {
        mistake.name = set.reader ? set.reader->name(mistake.sample) : std::to_string(mistake.sample);
        mistake.image = set.gather(Tensor::full({1}, static_cast<double>(mistake.sample), DType::int64))
                            .reshape(set.sample_shape());
    }
}

}  // namespace

TestedRun test_run(const Run& run, const Flag& data, const Runtime& runtime, std::size_t most) {
    TestedRun tested;
    tested.weights = run.weights_name();
    if (tested.weights.empty()) {
        tested.why_not = "the run has no weights yet";
        return tested;
    }
    const std::string why_not =
        error_of([&] { evaluate_into(tested, run, data.value_or(run.setting("data")), runtime, most); });
    if (why_not.empty()) return tested;
    tested = {};
    tested.why_not = why_not;
    return tested;
}

}  // namespace tern::apps::report
