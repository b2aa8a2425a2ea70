// Where a run leaves what it did.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace tern {

/// A file that grows line by line; a reader sees whole lines at any time.
class LineFile {
  public:
    /// Starts it empty. Throws Error that names the file.
    explicit LineFile(const std::filesystem::path& path);
    /// Appends and flushes; throws Error if the line could not be written.
    void append(std::string_view line);

  private:
    std::string path_;
    std::ofstream out_;
};

/// config.toml, metrics.jsonl, steps.jsonl and last.safetensors of one run.
class RunFolder {
  public:
    /// Throws Error if `folder` holds a run already. Makes nothing.
    static void check_free(const std::filesystem::path& folder);
    /// Makes `folder`, or without one the first free runs/DATE-MODEL-N below the current folder.
    static RunFolder make(const std::optional<std::filesystem::path>& folder, std::string_view model);

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path weights_file() const { return path_ / "last.safetensors"; }
    void write_config(std::string_view toml) const;
    LineFile start_metrics() const { return LineFile(path_ / "metrics.jsonl"); }
    LineFile start_steps() const { return LineFile(path_ / "steps.jsonl"); }

  private:
    explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

    std::filesystem::path path_;
};

}  // namespace tern
