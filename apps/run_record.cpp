#include "tern/apps/run_record.hpp"

#include <utility>

#include "tern/core/file.hpp"
#include "tern/training/metrics.hpp"

namespace tern::apps {

RunRecord::RunRecord(const RunFolder& folder, const TrainSettings& settings, WeightsInfo info,
                     TrainingState state)
    : checkpoints_(folder.path(), settings.keep),
      info_(std::move(info)),
      precision_(settings.runtime.precision),
      state_(std::move(state)),
      metrics_file_(folder.metrics_file()),
      metrics_(metrics_file_, state_.metrics_bytes) {
    if (settings.log_steps) steps_.emplace(folder.steps_file(), state_.steps_bytes);
    // The process before may have ended between the checkpoint and its links.
    if (state_.position.step > 0) checkpoints_.settle(state_.position.step, state_.best_step);
}

void RunRecord::add(const StepLoss& loss) {
    if (steps_) steps_->append(loss.to_json(precision_));
}

void RunRecord::add(const MetricsRow& row) {
    metrics_.append(row.to_json());
    if (row.test) new_accuracy_ = row.test->accuracy;
}

void RunRecord::save(const TrainingPosition& position, Module& model, const NamedTensors& tensors) {
    // The lines must be on the disk before a checkpoint says that they are.
    metrics_.sync();
    if (steps_) steps_->sync();
    TrainingState next = state_;
    next.position = position;
    next.tensors = tensors;
    next.metrics_bytes = metrics_.bytes();
    next.steps_bytes = steps_ ? steps_->bytes() : 0;
    if (new_accuracy_ && (next.best_step == 0 || *new_accuracy_ > next.best_accuracy)) {
        next.best_step = position.step;
        next.best_accuracy = *new_accuracy_;
    }
    checkpoints_.save(position.step, next.best_step, [&](const std::filesystem::path& into) {
        save_weights(into / Checkpoints::kWeights, model, info_);
        write_training_state(into / kState, next);
    });
    state_ = std::move(next);
    new_accuracy_.reset();
}

std::string RunRecord::last_row() const {
    constexpr std::int64_t kLimit = 1 << 30;
    std::string text = read_text_file(metrics_file_, kLimit);
    TERN_CHECK(!text.empty(), metrics_file_.string(), "has no row");
    text.pop_back();  // the end of the last line
    return text.substr(text.rfind('\n') + 1);
}

std::optional<std::filesystem::path> RunRecord::last_checkpoint() const {
    if (state_.position.step == 0) return {};
    return checkpoints_.path(state_.position.step);
}

}  // namespace tern::apps
