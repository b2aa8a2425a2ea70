// A run's folder as a report shows it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "tern/apps/config.hpp"
#include "tern/apps/report/run_log.hpp"
#include "tern/apps/report/time_log.hpp"

namespace tern::apps::report {

struct Run {
    std::filesystem::path folder;
    std::string name;  // the folder's, or its path where another run has that, too
    ConfigValues config;
    RunLog log;
    std::optional<TimeLog> times;

    /// The value of a setting, or "".
    std::string setting(const std::string& key) const;
    bool counts_steps() const { return config.contains("steps"); }
    /// Of --epochs; 0 for a run of steps.
    std::int64_t epochs_wanted() const;
    /// Whether it is at its end: all epochs, or for a validated run the line of its tests.
    bool finished() const;
    /// Accuracy on the tests that the run itself logged: of a validated run its only one, else the last epoch's.
    std::optional<double> logged_test_accuracy() const;
    /// Accuracy on the tests of the best epoch, where that was chosen by them.
    std::optional<double> flattered_test_accuracy() const;
    /// What is evaluated: best.safetensors, else last.safetensors; "" without both.
    std::string weights_name() const;
};

/// Reads config.toml, and metrics.jsonl and times.jsonl where they are; throws Error that names the file.
Run read_run(const std::filesystem::path& folder);

/// The line of the Error, or of a setting's UsageError, that `work` throws; "" where it throws none.
std::string error_of(const std::function<void()>& work);

}  // namespace tern::apps::report
