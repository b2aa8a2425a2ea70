#include "tern/training/run_record.hpp"

#include <utility>

#include "tern/core/files/file.hpp"
#include "tern/training/weights.hpp"

namespace tern {

RunRecord::RunRecord(const RunFolder& folder, RunRecordOptions options, TrainingState state)
    : checkpoints_(folder.path(), options.keep, [this](const std::string& line) { tell(line); }),
      options_(std::move(options)),
      state_(std::move(state)),
      metrics_(folder.metrics_file(), state_.metrics_bytes) {
    tell_of_missing(metrics_, state_.metrics_bytes);
    if (options_.log_steps) {
        steps_.emplace(folder.steps_file(), state_.steps_bytes);
        tell_of_missing(*steps_, state_.steps_bytes);
    }
    if (options_.log_times) {
        times_.emplace(folder.times_file(), state_.times_bytes);
        tell_of_missing(*times_, state_.times_bytes);
    }
    // The process before may have ended between the checkpoint and its links.
    if (state_.position.step > 0) checkpoints_.settle(state_.position.step, state_.position.best_step);
}

void RunRecord::tell(const std::string& line) {
    if (told_.insert(line).second && options_.warn) options_.warn(line);
}

void RunRecord::tell_of_missing(const LineFile& file, std::int64_t expected) {
    if (file.bytes() < expected)
        tell(to_text(
            '[', file.path().string(), "] has ", file.bytes(), " of the ", expected,
            " bytes of whole lines that it had at the checkpoint; the run continues without the others"));
}

void RunRecord::try_to(const std::function<void()>& write) {
    try {
        write();
    } catch (const Error& error) {
        tell(to_text(error.what(), "; the run continues, its lines wait in memory"));
    }
}

void RunRecord::add(const StepLoss& loss) {
    if (steps_) try_to([&] { steps_->append(loss.to_json(options_.precision)); });
}

void RunRecord::add(const LogLine& line) {
    last_log_line_ = line.to_json();
    try_to([&] { metrics_.append(last_log_line_); });
}

void RunRecord::add(const TestLine& line) {
    try_to([&] { metrics_.append(line.to_json()); });
}

void RunRecord::add_times(const std::string& line) {
    if (times_) try_to([&] { times_->append(line); });
}

void RunRecord::save(const TrainingPosition& position, const Module& model, const NamedTensors& tensors) {
    // The lines must be on the disk before a checkpoint says that they are.
    try_to([&] { metrics_.sync(); });
    for (std::optional<LineFile>* const file : {&steps_, &times_})
        if (*file) try_to([&] { (*file)->sync(); });
    TrainingState next = state_;
    next.position = position;
    next.tensors = tensors;
    next.metrics_bytes = metrics_.bytes();
    next.steps_bytes = steps_ ? steps_->bytes() : 0;
    next.times_bytes = times_ ? times_->bytes() : 0;
    checkpoints_.save(position.step, position.best_step, [&](const std::filesystem::path& into) {
        save_weights(into / Checkpoints::kWeights, model, options_.info);
        write_training_state(into / kState, next);
    });
    state_ = std::move(next);
}

void RunRecord::finish() {
    metrics_.sync();
    if (steps_) steps_->sync();
    if (times_) times_->sync();
}

std::string RunRecord::last_log_line() const {
    if (!last_log_line_.empty()) return last_log_line_;
    constexpr std::int64_t kLimit = 1 << 30;
    std::string text = read_text_file(metrics_.path(), kLimit);
    TERN_CHECK(!text.empty(), metrics_.path().string(), "has no line");
    text.pop_back();  // the end of the last line
    return text.substr(text.rfind('\n') + 1);
}

std::optional<std::filesystem::path> RunRecord::last_checkpoint() const {
    if (state_.position.step == 0) return {};
    return checkpoints_.path(state_.position.step);
}

std::filesystem::path RunRecord::best_checkpoint() const {
    TERN_CHECK(state_.position.best_step > 0, metrics_.path().parent_path().string(),
               "has no checkpoint with the best weights any more");
    std::filesystem::path path = checkpoints_.path(state_.position.best_step);
    check_checkpoint(path);
    return path;
}

}  // namespace tern
