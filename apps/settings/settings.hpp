// The settings of a run, a row each: flags, configuration files, the run's config.toml, completion and what may
// change when a run is resumed all follow from it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tern/apps/data_flags.hpp"
#include "tern/apps/runtime_flags.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"
#include "tern/models/registry.hpp"
#include "tern/training/optimizer.hpp"
#include "tern/training/teacher.hpp"
#include "tern/training/trainer.hpp"

namespace tern::apps {

/// Everything that decides what a run computes, defaults filled in.
struct TrainSettings {
    Flag preset;
    const ModelInfo* model = nullptr;
    std::string data;  // a folder or "synthetic"
    LabelKind labels = LabelKind::fine;
    std::int64_t image_size = 0;  // of the samples of a folder of images; 0: the data is a set
    TrainingPlan plan;
    double validation = 0;  // share of the training samples that is held out
    bool stratify = false;
    std::string normalize;
    PrepareImagesParams augmentation;
    std::int64_t early_size = 0, early_epochs = 0;
    double label_smoothing = 0;
    OptimizerSettings optimizer;
    ScheduleSettings schedule;
    std::string running_statistics;
    Flag init, teacher;
    TeacherOptions distillation;
    std::int64_t keep = 0;  // checkpoints
    std::int64_t workers = 0;
    bool log_steps = false, tensorboard = false;
    std::string exchange;
    ExchangeOptions exchange_options;
    double timeout = 60;  // seconds
    RuntimeFlags runtime_flags;
    Runtime runtime;  // what these come to

    DataChoice data_choice() const { return {data, labels, image_size}; }
};

/// Of --timeout.
inline constexpr NumberRange kTimeouts{.low = 0, .low_included = false, .below = 1e6};  // 12 days

/// What a setting is in TOML; as a flag each is a text.
enum class SettingKind : std::uint8_t { text, on_off, integer, number, integer_pair, number_pair, boolean };

struct Setting {
    std::string name;  // in TOML, "batch_size"; flag_of() makes it --batch-size
    SettingKind kind;
    bool may_change = false;  // when a run is resumed
    std::string type = {};    // what --help calls the value of the flag; a boolean one takes none
    std::string help = {};
    /// The flag's text where none is given, nor one of a preset, or the UsageError; null: the model or the optimizer
    /// decide, or it is left out.
    std::function<std::string()> standard = {};
    /// Takes the text of the flag; the rows before this one are set. Throws UsageError.
    std::function<void(TrainSettings& settings, const std::string& text)> set = {};
    /// The text of the flag; none where it says nothing in such a run.
    std::function<Flag(const TrainSettings& settings)> text = {};
    /// Whether it has a meaning beside the rows before this one; null: always.
    std::function<bool(const TrainSettings& settings)> applies = {};
};

/// In the order in which they are set, and two runs are compared.
const std::vector<Setting>& train_settings();

/// "batch_size" -> "--batch-size"
std::string flag_of(std::string name);

/// `model` by name; throws UsageError that lists the names.
const ModelInfo& parse_model(const std::string& name);
/// A name of a normalisation; throws UsageError.
std::string parse_normalize(const std::string& name);

}  // namespace tern::apps
