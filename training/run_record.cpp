#include "tern/training/run_record.hpp"

#include <utility>

#include "tern/core/files/file.hpp"
#include "tern/core/files/output.hpp"
#include "tern/training/results_csv.hpp"
#include "tern/training/weights.hpp"

namespace tern {
namespace {

constexpr std::int64_t kMostMetrics = 1 << 30, kLongestConfig = 1 << 20;  // bytes

}  // namespace

RunRecord::RunRecord(const RunFolder& folder, RunRecordOptions options, TrainingState state)
    : checkpoints_(folder.path(), options.keep, [this](const std::string& line) { tell(line); }),
      options_(std::move(options)),
      state_(std::move(state)),
      metrics_(folder.metrics_file(), state_.metrics_bytes),
      results_(folder.results_file()) {
    tell_of_missing(metrics_, state_.metrics_bytes);
    if (metrics_.bytes() > 0 || is_there(results_)) try_to_write_results();
    if (options_.log_steps) {
        steps_.emplace(folder.steps_file(), state_.steps_bytes);
        tell_of_missing(*steps_, state_.steps_bytes);
    }
    if (options_.log_times) {
        times_.emplace(folder.times_file(), state_.times_bytes);
        tell_of_missing(*times_, state_.times_bytes);
    }
    if (options_.tensorboard) {
        events_.emplace(folder.tensorboard_folder());
        try_to([&] {
            events_->begin(state_.position.step, read_text_file(folder.config_file(), kLongestConfig));
        });
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

bool RunRecord::try_to(const std::function<void()>& write, const char* then) {
    try {
        write();
        return true;
    } catch (const Error& error) {
        tell(to_text(error.what(), then));
        return false;
    }
}

// A disk that has no room for the lines has none for their copy: that is not told, too.
void RunRecord::append(const std::string& metrics) {
    results_due_ = true;
    if (try_to([&] { metrics_.append(metrics); })) try_to_write_results();
}

void RunRecord::try_to_write_results() {
    try_to([this] { write_results(); }, "; the run continues, metrics.jsonl has its lines");
}

void RunRecord::write_results() {
    results_due_ = true;
    const std::string file = metrics_.path().string();
    const std::string csv = csv_of_json_lines(file, read_text_file(metrics_.path(), kMostMetrics));
    write_output(results_, std::as_bytes(std::span(csv)));
    results_due_ = false;
}

void RunRecord::add(const StepLoss& loss) {
    if (steps_) try_to([&] { steps_->append(loss.to_json(options_.precision)); });
    if (steps_ && events_) try_to([&] { events_->add(loss); });
}

void RunRecord::add(const LogLine& line) {
    last_log_line_ = line.to_json();
    append(last_log_line_);
    if (events_) try_to([&] { events_->add(line); });
}

void RunRecord::add(const TestLine& line) {
    append(line.to_json());
    if (events_) try_to([&] { events_->add(line, state_.position.step); });
}

void RunRecord::add_times(const std::string& line) {
    if (times_) try_to([&] { times_->append(line); });
}

void RunRecord::save(const TrainingPosition& position, const Module& model, const NamedTensors& tensors) {
    // The lines must be on the disk before a checkpoint says that they are.
    if (try_to([&] { metrics_.sync(); }) && results_due_) try_to_write_results();
    for (std::optional<LineFile>* const file : {&steps_, &times_})
        if (*file) try_to([&] { (*file)->sync(); });
    if (events_) try_to([&] { events_->sync(); });
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
    if (results_due_) write_results();
    if (steps_) steps_->sync();
    if (times_) times_->sync();
    if (events_) events_->sync();
}

std::string RunRecord::last_log_line() const {
    if (!last_log_line_.empty()) return last_log_line_;
    std::string text = read_text_file(metrics_.path(), kMostMetrics);
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
