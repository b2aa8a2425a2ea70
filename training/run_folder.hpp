// Where a run leaves what it did.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tern/core/files/file_descriptor.hpp"

namespace tern {

/// The folder of one run, for this process alone while the object lives.
class RunFolder {
  public:
    /// Throws Error where make() would, as far as can be told: `folder` holds a run already, or cannot be
    /// made or written to. Makes nothing.
    static void check_free(const std::optional<std::filesystem::path>& folder);
    /// Makes `folder`, or without one the first free runs/DATE-MODEL-N below the current folder.
    static RunFolder make(const std::optional<std::filesystem::path>& folder, std::string_view model);
    /// One that holds a run. Throws Error if it does not, or if another process works in it.
    static RunFolder open(const std::filesystem::path& folder);

    const std::filesystem::path& path() const { return path_; }
    /// Whether other processes are kept out; not where the file system has no locks.
    bool locked() const { return locked_; }
    std::filesystem::path config_file() const { return path_ / "config.toml"; }
    /// A copy of the table of measured choices, where the run has one.
    std::filesystem::path tuning_file() const { return path_ / "tuning.toml"; }
    std::filesystem::path metrics_file() const { return path_ / "metrics.jsonl"; }
    /// The same lines for spreadsheets.
    std::filesystem::path results_file() const { return path_ / "results.csv"; }
    std::filesystem::path tensorboard_folder() const { return path_ / "tensorboard"; }
    std::filesystem::path steps_file() const { return path_ / "steps.jsonl"; }
    std::filesystem::path times_file() const { return path_ / "times.jsonl"; }
    /// The config makes the folder one that holds a run.
    void write_config(std::string_view toml) const;

  private:
    explicit RunFolder(std::filesystem::path path);

    std::filesystem::path path_;
    FileDescriptor lock_;
    bool locked_ = false;
};

}  // namespace tern
