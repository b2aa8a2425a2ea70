#include "tern/training/saved_run.hpp"

#include <utility>

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/files/safetensors.hpp"
#include "tern/layers/state.hpp"
#include "tern/training/checkpoint.hpp"
#include "tern/training/run_record.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = "# A run of a program of its own: its settings are in its source.\n";

RunFolder open_folder(const fs::path& folder) {
    if (is_there(folder / "config.toml")) return RunFolder::open(folder);
    RunFolder made = RunFolder::make(folder, "run");
    made.write_config(kConfig);
    return made;
}

// What callers did with these moments comes after what the record does.
template <class Function, class Record>
void add_before(Function& callback, Record record) {
    callback = [record, then = std::move(callback)](const auto&... arguments) {
        record(arguments...);
        if (then) then(arguments...);
    };
}

}  // namespace

std::filesystem::path SavedCheckpoint::weights() const { return path / Checkpoints::kWeights; }

void SavedCheckpoint::load(const Trainer& trainer) const {
    load_state(trainer.state(), state.tensors, (path / RunRecord::kState).string());
}

std::optional<SavedCheckpoint> newest_checkpoint(const fs::path& folder,
                                                 const std::function<void(const std::string&)>& skipped) {
    restore_replaced(folder / Checkpoints::kFolder);  // before one is chosen
    const Checkpoints checkpoints(folder, 1);
    const auto step = checkpoints.newest_whole(skipped);
    TERN_CHECK(step || checkpoints.steps().empty(), folder.string(), "has no valid checkpoint");
    if (!step) return {};
    const fs::path path = checkpoints.path(*step);
    SavedCheckpoint saved{path, read_training_state(path / RunRecord::kState)};
    // The best may have been deleted for one that is damaged.
    std::int64_t& best = saved.state.position.best_step;
    if (!is_there(checkpoints.path(best))) best = 0;
    return saved;
}

void tidy_run(const fs::path& folder, const std::function<void(const std::string&)>& tell) {
    for (const fs::path& place : {folder, folder / Checkpoints::kFolder}) {
        try {
            remove_unfinished(place);
        } catch (const Error& error) {
            tell(error.what());
        }
    }
}

TestLine test_best(Trainer& trainer, Module& model, RunRecord* record) {
    if (record != nullptr) {
        const fs::path weights = record->best_checkpoint() / Checkpoints::kWeights;
        load_state(model, read_safetensors(weights).tensors, weights.string());
    }
    const TestLine line{trainer.position().best_epoch, trainer.test()};
    if (record != nullptr) record->add(line);
    return line;
}

std::optional<LogLine> train_in_folder(const fs::path& folder, TrainerOptions options,
                                       RunRecordOptions record_options) {
    const bool tests_best = options.validation != nullptr && options.test != nullptr;
    if (options.communicator != nullptr && options.communicator->rank() > 0) {
        Module& trained = options.model;
        Trainer trainer(std::move(options));
        std::optional<LogLine> last = trainer.run();
        if (tests_best && !trainer.stopped()) test_best(trainer, trained, nullptr);
        return last;
    }
    const RunFolder run = open_folder(folder);
    const auto tell = [warn = record_options.warn](const std::string& line) {
        if (warn) warn(line);
    };
    const std::optional<SavedCheckpoint> saved = newest_checkpoint(folder, tell);
    tidy_run(folder, tell);
    if (saved)
        load_state(options.model, read_safetensors(saved->weights()).tensors, saved->weights().string());

    record_options.precision = options.train.precision();
    const bool log_steps = record_options.log_steps;
    RunRecord record(run, std::move(record_options), saved ? saved->state : TrainingState{});
    TrainingCallbacks& callbacks = options.callbacks;
    Module& model = options.model;
    if (log_steps) add_before(callbacks.after_loss, [&record](const StepLoss& loss) { record.add(loss); });
    add_before(callbacks.after_log_line, [&record](const LogLine& line) { record.add(line); });
    add_before(callbacks.save,
               [&record, &model](const TrainingPosition& position, const NamedTensors& state) {
                   record.save(position, model, state);
               });
    Trainer trainer(std::move(options));
    if (saved) saved->load(trainer);
    std::optional<LogLine> last = trainer.run(saved ? saved->state.position : TrainingPosition{});
    if (tests_best && !trainer.stopped()) test_best(trainer, model, &record);
    record.finish();
    return last;
}

}  // namespace tern
