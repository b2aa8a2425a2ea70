#include "tern/training/checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/xxh128.hpp"
#include "tern/training/checksum.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSums = "XXH128SUMS";
constexpr std::int64_t kLargestSums = 1 << 16;
constexpr std::string_view kPrefix = "step-";

std::string sum_of(const fs::path& file) { return xxh128(read_bytes(file)); }

std::string sums_of(const fs::path& folder) {
    std::set<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) files.insert(entry.path());
    std::vector<FileSum> sums;
    for (const fs::path& file : files) sums.push_back({sum_of(file), file.filename().string()});
    return sums_text(sums);
}

// What file systems and desktops put beside files: .nfs0001, .DS_Store, Thumbs.db.
bool is_of_the_system(std::string_view name) {
    return name.starts_with('.') || name == "Thumbs.db" || name == "desktop.ini";
}

std::optional<std::int64_t> step_of(const std::string& name) {
    if (!name.starts_with(kPrefix)) return {};
    std::int64_t step = 0;
    const char* const end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + kPrefix.size(), end, step);
    if (error != std::errc{} || stop != end || step <= 0) return {};
    return step;
}

}  // namespace

void write_checkpoint(const fs::path& path, const std::function<void(const fs::path&)>& write_files) {
    write_folder_atomically(path, [&](const fs::path& folder) {
        write_files(folder);
        const std::string sums = sums_of(folder);
        write_file_atomically(folder / kSums, std::as_bytes(std::span(sums)));
    });
}

void check_checkpoint(const fs::path& path) {
    const fs::path sums = path / kSums;
    std::set<std::string> summed;
    for (const auto& [sum, name] : parse_sums(sums.string(), read_text_file(sums, kLargestSums))) {
        const fs::path file = path / name;
        TERN_CHECK(sum_of(file) == sum, file.string(), "is damaged: its sum is not that of ", kSums);
        summed.insert(name);
    }
    std::error_code error;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (is_of_the_system(name)) continue;
        TERN_CHECK(name == kSums || summed.contains(name), sums.string(), "has no sum of ", name);
    }
    TERN_CHECK(!error, path.string(), "cannot be read: ", error.message());
}

Checkpoints::Checkpoints(fs::path run, std::int64_t keep, std::function<void(const std::string&)> tell)
    : run_(std::move(run)), folder_(run_ / kFolder), keep_(keep), tell_(std::move(tell)) {
    TERN_CHECK(keep >= 1, "checkpoints", "at least 1 must be kept, got ", keep);
}

fs::path Checkpoints::path(std::int64_t step) const { return folder_ / to_text(kPrefix, step); }

// Not path(): nobody must take one that is half deleted for damaged. Not the name of one that was replaced,
// which would be put back.
fs::path Checkpoints::deleted_path(std::int64_t step) const {
    return folder_ / to_text('.', kPrefix, step, ".part-deleted");
}

void Checkpoints::save(std::int64_t step, std::int64_t best,
                       const std::function<void(const fs::path&)>& write_files) const {
    make_folders(folder_);
    write_checkpoint(path(step), write_files);
    settle(step, best);
    for (const std::int64_t later : steps()) {
        if (later > step) remove(later);
    }
}

void Checkpoints::settle(std::int64_t last, std::int64_t best) const {
    link(last_link(), last);
    if (best > 0) link(best_link(), best);
    std::vector<std::int64_t> old = steps();
    std::erase_if(old, [last](std::int64_t step) { return step > last; });
    old.resize(old.size() - std::min(old.size(), static_cast<std::size_t>(keep_)));
    for (const std::int64_t step : old) {
        if (step != best) remove(step);
    }
}

std::vector<std::int64_t> Checkpoints::steps() const {
    std::vector<std::int64_t> all;
    std::error_code error;
    for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
        if (const auto step = step_of(entry->path().filename().string())) all.push_back(*step);
    }
    TERN_CHECK(!error || error == std::errc::no_such_file_or_directory, folder_.string(),
               "cannot be read: ", error.message());
    std::ranges::sort(all);
    return all;
}

std::optional<std::int64_t> Checkpoints::newest_whole(
    const std::function<void(const std::string&)>& passed_over) const {
    std::vector<std::int64_t> all = steps();
    for (; !all.empty(); all.pop_back()) {
        try {
            check_checkpoint(path(all.back()));
            return all.back();
        } catch (const Error& error) {
            passed_over(error.what());
        }
    }
    return {};
}

void Checkpoints::link(const fs::path& link, std::int64_t step) const {
    const std::string why_not = replace_link(link, path(step).lexically_relative(run_) / kWeights);
    if (!why_not.empty() && tell_)
        tell_(to_text('[', run_.string(),
                      "] last.safetensors and best.safetensors are copies, because links "
                      "cannot be made here: ",
                      why_not));
}

void Checkpoints::remove(std::int64_t step) const {
    const fs::path from = path(step), to = deleted_path(step);
    std::error_code error;
    fs::rename(from, to, error);
    if (!error) fs::remove_all(to, error);
    if (error && tell_) tell_(to_text('[', from.string(), "] cannot be deleted: ", error.message()));
}

}  // namespace tern
