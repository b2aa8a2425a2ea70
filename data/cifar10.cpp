#include "tern/data/cifar10.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "tern/core/files/file.hpp"
#include "tern/data/cifar10_format.hpp"
#include "tern/data/image_files.hpp"
#include "tern/data/mistaken_set.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;
using namespace cifar10;

std::vector<std::string> all_files() {
    std::vector<std::string> files(kTrainFiles.begin(), kTrainFiles.end());
    files.emplace_back(kTestFile);
    return files;
}

// Without exceptions of the standard library: what cannot be looked at does not exist.
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

// The folder itself, or the only one with batches in it or, failing that, in a folder in it.
fs::path find_batches(const fs::path& folder) {
    const std::string where = folder.string();
    TERN_CHECK(is_there(folder), where, "no such folder");
    if (!is_folder(folder)) fail(where, mistaken_set_file(folder));
    if (holds_batches(folder)) return folder;
    std::error_code error;
    const fs::directory_iterator readable(folder, error);
    TERN_CHECK(!error, where, "cannot be read: ", error.message());
    std::vector<fs::path> level = folders_in(folder), found;
    for (int depth = 0; depth < 2 && found.empty(); ++depth) {
        std::vector<fs::path> deeper;
        for (const fs::path& inner : level) {
            if (holds_batches(inner)) found.push_back(inner);
            for (fs::path& innermost : folders_in(inner)) deeper.push_back(std::move(innermost));
        }
        level = std::move(deeper);
    }
    if (found.empty()) {
        const std::string rule = mistaken_set(folder);
        TERN_CHECK(rule.empty(), where, rule);
        fail(where, "holds no CIFAR-10 binary files (", kTrainFiles.front(), " to ", kTrainFiles.back(), ", ",
             kTestFile, "), nor does a folder in it");
    }
    TERN_CHECK(found.size() == 1, where, "has several folders with CIFAR-10 binary files, name one: ",
               found[0].lexically_relative(folder).string(), ", ",
               found[1].lexically_relative(folder).string(), found.size() > 2 ? ", ..." : "");
    return found.front();
}

struct FileRange {
    std::size_t first, end;
};

// Which of all_files() hold a split.
FileRange files_of(Split split) {
    return split == Split::train ? FileRange{0, kTrainFiles.size()}
                                 : FileRange{kTrainFiles.size(), kTrainFiles.size() + 1};
}

void check_there(const fs::path& folder, FileRange range) {
    std::string missing;
    for (std::size_t i = range.first; i < range.end; ++i) {
        const std::string file = all_files()[i];
        if (!is_there(folder / file)) missing += (missing.empty() ? "" : ", ") + file;
    }
    TERN_CHECK(missing.empty(), folder.string(), "is not the complete set, missing: ", missing);
}

constexpr std::int64_t kNotThere = -1;

// A file cut between two samples has a valid size of its own; the others give it away. What a training file
// should have is what most of those that are there have.
void check_counts(const fs::path& folder, const std::vector<std::int64_t>& counts) {
    const std::span train(counts.data(), kTrainFiles.size());
    const auto usual = std::ranges::max_element(train, {}, [&](std::int64_t count) {
        return std::pair(count == kNotThere ? 0 : std::ranges::count(train, count), count);
    });
    if (*usual == kNotThere) return;
    const bool published = *usual == kPublishedSamples;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == kNotThere || (i == train.size() && !published)) continue;  // any number of tests
        const bool last = i + 1 == train.size() && !published;
        const std::int64_t fewer = last ? kMostFewer : 0, more = last ? kMostMore : 0;
        TERN_CHECK(counts[i] <= *usual + more && counts[i] >= *usual - fewer,
                   (folder / all_files()[i]).string(), "has ", counts[i], " samples, expected ", *usual,
                   " as in ", kTrainFiles[static_cast<std::size_t>(usual - train.begin())],
                   last ? to_text(", up to ", fewer, " fewer or ", more, " more") : "");
    }
}

// Samples per file, from the sizes alone.
std::vector<std::int64_t> count_samples(const fs::path& folder) {
    std::vector<std::int64_t> counts;
    for (const std::string& file : all_files()) {
        const fs::path path = folder / file;
        counts.push_back(is_there(path) ? sample_count(path.string(), size_of_file(path)) : kNotThere);
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
    const auto [first, end] = files_of(split);
    check_there(place, {first, end});
    const std::vector<std::int64_t> counts = count_samples(place);
    std::int64_t total = 0;
    for (std::size_t i = first; i < end; ++i) total += counts[i];

    Dataset dataset{Tensor::empty({total, 3, 32, 32}, DType::uint8), Tensor::empty({total}, DType::int32),
                    read_classes(place), place.string()};
    std::int64_t next = 0;
    for (std::size_t i = first; i < end; ++i) {
        const std::string path = (place / all_files()[i]).string();
        std::vector<std::byte> bytes(static_cast<std::size_t>(counts[i] * kSampleBytes));
        read_file(path, bytes);
        decode(path, bytes, dataset.class_count(), dataset.images.slice(next, next + counts[i]),
               dataset.labels.slice(next, next + counts[i]));
        next += counts[i];
    }
    return dataset;
}

bool holds_cifar10(const fs::path& folder) { return holds_batches(folder); }

std::vector<FileSamples> list_cifar10(const fs::path& folder) {
    const fs::path place = find_batches(folder);
    const std::vector<std::int64_t> counts = count_samples(place);
    std::vector<FileSamples> list;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const bool missing = counts[i] == kNotThere;
        // Of five training files all are there or none.
        if (missing && i < kTrainFiles.size() &&
            std::ranges::max(std::span(counts).first(kTrainFiles.size())) != kNotThere)
            check_there(place, files_of(Split::train));
        list.push_back({all_files()[i], missing ? 0 : counts[i]});
    }
    return list;
}

}  // namespace tern
