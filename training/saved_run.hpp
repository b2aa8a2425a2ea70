// Runs that are kept in a folder and resumed from it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "tern/training/run_record_options.hpp"
#include "tern/training/trainer.hpp"
#include "tern/training/training_state.hpp"

namespace tern {

class RunRecord;

/// Where a run stands.
struct SavedCheckpoint {
    std::filesystem::path path;
    TrainingState state;

    std::filesystem::path weights() const;
    /// Puts what Trainer::state() gives back to what it was. The weights are the caller's to load, before.
    void load(const Trainer& trainer) const;
};

/// The newest valid checkpoint of the run in `folder`; none before the first. `skipped` is told why each newer
/// one is damaged; throws Error where all are.
std::optional<SavedCheckpoint> newest_checkpoint(const std::filesystem::path& folder,
                                                 const std::function<void(const std::string&)>& skipped);

/// Deletes what a process that ended in the middle left unfinished in a run's folder. `tell` hears of what
/// cannot be deleted.
void tidy_run(const std::filesystem::path& folder, const std::function<void(const std::string&)>& tell);

/// Evaluates the tests of a run that is at its end with its best weights, which `model` has then. Collective;
/// `record`: the first rank's, which gets the line, others have none.
TestLine test_best(Trainer& trainer, Module& model, RunRecord* record);

/// Trains as a Trainer does, and keeps in `folder` what `tern train` keeps there: metrics.jsonl, with log_steps
/// steps.jsonl, checkpoints, and links to the last and the best weights. Where `folder` holds such a run, it is
/// resumed from its newest valid checkpoint, in the model that is given, to the bits of one that was never
/// stopped: a program that is started again continues. Of several ranks the first one reads and writes the folder. Returns the last log line; none where nothing was left
/// to do, or stop() ended it. Where it is validated and has tests, the model has the best weights in the end, whose
/// tests are the last line of metrics.jsonl. Throws Error for a folder that another process trains in, or a run with other
/// weights.
std::optional<LogLine> train_in_folder(const std::filesystem::path& folder, TrainerOptions options,
                                       RunRecordOptions record = {});

}  // namespace tern
