// What a run of `tern train` writes into its folder.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "tern/apps/train_flags.hpp"
#include "tern/training/checkpoint.hpp"
#include "tern/training/line_file.hpp"
#include "tern/training/run_folder.hpp"
#include "tern/training/training_state.hpp"
#include "tern/training/weights.hpp"

namespace tern::apps {

/// Log lines, losses of steps, and checkpoints. `state` is that of the checkpoint to continue from: the files
/// are cut back to it. Of a new run it is empty but for the checksum of the data. What a run can do without,
/// the lines and links, does not end it: `warn` is told once of each that cannot be had.
class RunRecord {
  public:
    RunRecord(const RunFolder& folder, const TrainSettings& settings, WeightsInfo info, TrainingState state,
              std::function<void(const std::string&)> warn);

    RunRecord(const RunRecord&) = delete;
    RunRecord& operator=(const RunRecord&) = delete;

    void add(const StepLoss& loss);
    void add(const LogLine& line);
    /// A checkpoint of `model` and `tensors`, Trainer::state(), which are at `position`.
    void save(const TrainingPosition& position, Module& model, const NamedTensors& tensors);

    /// The last log line as JSON, also of an earlier part of the run.
    std::string last_log_line() const;
    /// At the run's end: throws Error if lines still could not be written.
    void finish();
    /// The newest checkpoint of the run; none before the first.
    std::optional<std::filesystem::path> last_checkpoint() const;
    const Checkpoints& checkpoints() const { return checkpoints_; }

    static constexpr const char* kState = "state.safetensors";

  private:
    void tell(const std::string& line);
    void tell_of_missing(const LineFile& file, std::int64_t expected);
    void try_to(const std::function<void()>& write);

    Checkpoints checkpoints_;
    WeightsInfo info_;
    DType precision_;
    TrainingState state_;
    LineFile metrics_;
    std::optional<LineFile> steps_;
    std::string last_log_line_;
    std::optional<double> new_accuracy_;  // of a log line that no checkpoint has yet
    std::function<void(const std::string&)> warn_;
    std::set<std::string> told_;
};

}  // namespace tern::apps
