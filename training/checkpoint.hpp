// Checkpoints: folders of files that are whole or not there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tern {

/// Makes the folder `path` of the files that `write_files` puts into the folder it is given, and XXH128SUMS,
/// which holds their sums in the form of xxh128sum. Written aside, synced, renamed once; a folder of that
/// name is replaced. Throws Error, and then what was at `path` is still there.
void write_checkpoint(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path&)>& write_files);

/// Throws Error that names the file unless every file of the checkpoint exists and has its sum.
void check_checkpoint(const std::filesystem::path& path);

/// The checkpoints of a run, one folder step-N for each step after which one was saved, and beside them the
/// links last.safetensors and best.safetensors to the weights in two of them; copies, where the file system
/// has no links.
class Checkpoints {
  public:
    /// Below `run`, which must exist; the newest `keep` (at least 1) and the best stay. Makes nothing.
    /// `tell`, if any, hears what is not as it should be and no reason to stop: links that are copies, a
    /// checkpoint that cannot be deleted.
    Checkpoints(std::filesystem::path run, std::int64_t keep,
                std::function<void(const std::string&)> tell = {});

    static constexpr const char* kFolder = "checkpoints";  // in the run's
    static constexpr const char* kWeights = "weights.safetensors";
    std::filesystem::path last_link() const { return run_ / "last.safetensors"; }
    std::filesystem::path best_link() const { return run_ / "best.safetensors"; }
    std::filesystem::path path(std::int64_t step) const;
    /// Where it lies while it is being deleted.
    std::filesystem::path deleted_path(std::int64_t step) const;

    /// Writes the checkpoint of `step` with write_checkpoint(), links it, and deletes those that need not
    /// stay, and those of later steps: damaged ones that a run went back behind. `best`: the step whose
    /// weights are the best, this one or one saved before; 0: none is known.
    void save(std::int64_t step, std::int64_t best,
              const std::function<void(const std::filesystem::path&)>& write_files) const;

    /// What save() does once a checkpoint is written, and what a process that was killed there left undone:
    /// lets the links lead to the weights of these steps, and deletes the older ones that need not stay.
    void settle(std::int64_t last, std::int64_t best) const;

    /// Ascending; whole or not.
    std::vector<std::int64_t> steps() const;
    /// The newest whole one. `passed_over` is told why each newer one is not whole.
    std::optional<std::int64_t> newest_whole(
        const std::function<void(const std::string&)>& passed_over) const;

  private:
    void remove(std::int64_t step) const;
    void link(const std::filesystem::path& link, std::int64_t step) const;

    std::filesystem::path run_, folder_;
    std::int64_t keep_;
    std::function<void(const std::string&)> tell_;
};

}  // namespace tern
