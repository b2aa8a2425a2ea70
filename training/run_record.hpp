// What a run of training writes into its folder.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "tern/training/checkpoint.hpp"
#include "tern/training/line_file.hpp"
#include "tern/training/metrics.hpp"
#include "tern/training/run_folder.hpp"
#include "tern/training/run_record_options.hpp"
#include "tern/training/tensorboard/event_file.hpp"
#include "tern/training/training_state.hpp"

namespace tern {

/// Log lines, the time they took by part, losses of steps, and checkpoints.
class RunRecord {
  public:
    /// `state` is that of the checkpoint to continue from: the files are cut back to it. Of a new run it is
    /// empty but for the checksum of the data.
    RunRecord(const RunFolder& folder, RunRecordOptions options, TrainingState state);

    RunRecord(const RunRecord&) = delete;
    RunRecord& operator=(const RunRecord&) = delete;

    void add(const StepLoss& loss);
    void add(const LogLine& line);
    void add(const TestLine& line);
    /// times_line() of the log line before, for log_times.
    void add_times(const std::string& line);
    /// A checkpoint of `model` and `tensors`, Trainer::state(), which are at `position`.
    void save(const TrainingPosition& position, const Module& model, const NamedTensors& tensors);

    /// The last log line of an epoch, or of a run of steps, as JSON, also of an earlier part of the run.
    std::string last_log_line() const;
    /// At the run's end: throws Error if lines still could not be written.
    void finish();
    /// The newest checkpoint of the run; none before the first.
    std::optional<std::filesystem::path> last_checkpoint() const;
    /// The one with the best weights, which must be whole; throws Error where it is not.
    std::filesystem::path best_checkpoint() const;
    const Checkpoints& checkpoints() const { return checkpoints_; }

    static constexpr const char* kState = "state.safetensors";

  private:
    void tell(const std::string& line);
    void tell_of_missing(const LineFile& file, std::int64_t expected);
    static constexpr const char* kWait = "; the run continues, its lines wait in memory";
    /// Whether it did not fail; if it did, this is told, and `then`.
    bool try_to(const std::function<void()>& write, const char* then = kWait);
    void append(const std::string& metrics);
    void write_results();
    void try_to_write_results();

    Checkpoints checkpoints_;
    RunRecordOptions options_;
    TrainingState state_;
    LineFile metrics_;
    std::optional<LineFile> steps_, times_;
    std::optional<EventFile> events_;
    std::filesystem::path results_;
    bool results_due_ = false;  // they lack lines that metrics_ has
    std::string last_log_line_;
    std::set<std::string> told_;
};

}  // namespace tern
