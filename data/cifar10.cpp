#include "tern/data/cifar10.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "tern/core/file.hpp"
#include "tern/data/cifar10_format.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;
using namespace cifar10;

std::vector<std::string> all_files() {
    std::vector<std::string> files(kTrainFiles.begin(), kTrainFiles.end());
    files.emplace_back(kTestFile);
    return files;
}

// Without exceptions of the standard library: what cannot be looked at is not there.
bool is_there(const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error);
}

bool is_folder(const fs::path& path) {
    std::error_code error;
    return fs::is_directory(path, error);
}

bool holds_batches(const fs::path& folder) {
    return std::ranges::any_of(all_files(), [&](const std::string& file) { return is_there(folder / file); });
}

// The folder itself or its only sub-folder with batches.
fs::path find_batches(const fs::path& folder) {
    const std::string where = folder.string();
    TERN_CHECK(is_there(folder), where, "no such folder");
    TERN_CHECK(is_folder(folder), where, "is no folder");
    if (holds_batches(folder)) return folder;
    std::vector<fs::path> found;
    std::error_code error;
    const fs::directory_iterator entries(folder, error);
    TERN_CHECK(!error, where, "cannot be read: ", error.message());
    for (const fs::directory_entry& entry : entries) {
        if (is_folder(entry.path()) && holds_batches(entry.path())) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    TERN_CHECK(!found.empty(), where, "holds no CIFAR-10 binary files (", kTrainFiles.front(), " to ",
               kTrainFiles.back(), ", ", kTestFile, "), nor does a folder in it");
    TERN_CHECK(found.size() == 1, where,
               "has several folders with CIFAR-10 binary files, name one: ", found[0].filename().string(),
               ", ", found[1].filename().string(), found.size() > 2 ? ", ..." : "");
    return found.front();
}

void check_all_there(const fs::path& folder) {
    std::string missing;
    for (const std::string& file : all_files()) {
        if (!is_there(folder / file)) missing += (missing.empty() ? "" : ", ") + file;
    }
    TERN_CHECK(missing.empty(), folder.string(), "is not the whole set, missing: ", missing);
}

// A file cut between two records has a valid size of its own; the others give it away. What a training file
// should have is what most of them have.
void check_counts(const fs::path& folder, const std::vector<std::int64_t>& counts) {
    const std::span train(counts.data(), kTrainFiles.size());
    const auto usual = std::ranges::max_element(
        train, {}, [&](std::int64_t count) { return std::pair(std::ranges::count(train, count), count); });
    const bool published = *usual == kPublishedRecords;
    // The last file has what is left after files of equal size: at most one record fewer for each of those.
    constexpr auto kMostSpare = static_cast<std::int64_t>(kTrainFiles.size()) - 1;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (i == train.size() && !published) continue;  // any number of tests
        const std::int64_t spare = i + 1 == train.size() && !published ? kMostSpare : 0;
        TERN_CHECK(counts[i] <= *usual && counts[i] >= *usual - spare, (folder / all_files()[i]).string(),
                   "has ", counts[i], " records, expected ", *usual, " as in ",
                   kTrainFiles[static_cast<std::size_t>(usual - train.begin())],
                   spare > 0 ? to_text(" or up to ", spare, " fewer") : "");
    }
}

// Records per file, from the sizes alone.
std::vector<std::int64_t> count_records(const fs::path& folder) {
    std::vector<std::int64_t> counts;
    for (const std::string& file : all_files()) {
        const std::string path = (folder / file).string();
        counts.push_back(record_count(path, size_of_file(path)));
    }
    check_counts(folder, counts);
    return counts;
}

std::vector<std::string> read_classes(const fs::path& folder) {
    const fs::path path = folder / kClassesFile;
    if (!is_there(path)) return published_classes();
    const std::int64_t bytes = size_of_file(path);
    TERN_CHECK(bytes <= kLargestClassesFile, path.string(), "has ", bytes, " bytes, more than the ",
               kLargestClassesFile, " that class names may take");
    return parse_classes(path.string(), read_text_file(path, kLargestClassesFile));
}

}  // namespace

Dataset read_cifar10(const fs::path& folder, Split split) {
    const fs::path place = find_batches(folder);
    check_all_there(place);
    const std::vector<std::int64_t> counts = count_records(place);
    const std::size_t first = split == Split::train ? 0 : kTrainFiles.size();
    const std::size_t end = split == Split::train ? kTrainFiles.size() : counts.size();
    std::int64_t total = 0;
    for (std::size_t i = first; i < end; ++i) total += counts[i];

    Dataset dataset{Tensor::empty({total, 3, 32, 32}, DType::uint8), Tensor::empty({total}, DType::int32),
                    read_classes(place), place.string()};
    std::int64_t next = 0;
    for (std::size_t i = first; i < end; ++i) {
        const std::string path = (place / all_files()[i]).string();
        std::vector<std::byte> bytes(static_cast<std::size_t>(counts[i] * kRecordBytes));
        read_file(path, bytes);
        decode(path, bytes, dataset.class_count(), dataset.images.slice(next, next + counts[i]),
               dataset.labels.slice(next, next + counts[i]));
        next += counts[i];
    }
    return dataset;
}

std::vector<FileRecords> list_cifar10(const fs::path& folder) {
    const fs::path place = find_batches(folder);
    check_all_there(place);
    const std::vector<std::int64_t> counts = count_records(place);
    std::vector<FileRecords> list;
    for (std::size_t i = 0; i < counts.size(); ++i) list.push_back({all_files()[i], counts[i]});
    return list;
}

}  // namespace tern
