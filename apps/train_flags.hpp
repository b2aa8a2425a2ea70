// The flags of `tern train`, and the settings that they come to.
#pragma once

#include "tern/apps/runtime_flags.hpp"
#include "tern/models/registry.hpp"
#include "tern/training/optimizer.hpp"
#include "tern/training/trainer.hpp"

namespace tern::apps {

/// Everything that decides what a run computes, defaults filled in.
struct TrainSettings {
    const ModelInfo* model = nullptr;
    std::string data;  // a folder or "synthetic"
    TrainingPlan plan;
    std::string augment = "none";
    std::string normalize;
    OptimizerSettings optimizer;
    std::string schedule = "constant";
    std::string running_statistics;
    Flag init;
    std::int64_t keep = 2;  // checkpoints
    bool log_steps = false;
    Runtime runtime;
};

struct TrainFlags {
    Flag model, data, run, epochs, steps, batch_size, seed, shuffle, augment, normalize;
    Flag optimizer, lr, momentum, betas, epsilon, weight_decay, schedule, label_smoothing;
    Flag running_statistics, init, save_every, keep, config;
    RuntimeFlags runtime;
    bool log_steps = false, resume = false, json = false, dry_run = false;

    void add_to(CLI::App& app);
    /// Checks every flag, those of the runtime last; throws UsageError. Defaults are those of the model's own
    /// training.
    TrainSettings settings() const;
};

/// `model` by name; throws UsageError that lists the names.
const ModelInfo& parse_model(const std::string& name);
/// A name of a normalisation; throws UsageError.
std::string parse_normalize(const std::string& name);

}  // namespace tern::apps
