#include "tern/data/cifar10.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "tern/core/files/file.hpp"
#include "tern/data/cifar10_format.hpp"
#include "tern/data/class_names.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;
using namespace cifar10;

std::vector<std::string> all_files() {
    std::vector<std::string> files(kTrainFiles.begin(), kTrainFiles.end());
    files.emplace_back(kTestFile);
    return files;
}

bool holds_batches(const fs::path& folder) {
    return std::ranges::any_of(all_files(), [&](const std::string& file) { return is_there(folder / file); });
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
    std::vector<std::string> classes = read_class_names(path);
    TERN_CHECK(classes.size() <= kMostClasses, path.string(), "names ", classes.size(),
               " classes, expected 1 to ", kMostClasses);
    return classes;
}

std::vector<FileSamples> list(const fs::path& folder) {
    const std::vector<std::int64_t> counts = count_samples(folder);
    std::vector<FileSamples> list;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const bool missing = counts[i] == kNotThere;
        // Of five training files all are there or none.
        if (missing && i < kTrainFiles.size() &&
            std::ranges::max(std::span(counts).first(kTrainFiles.size())) != kNotThere)
            check_there(folder, files_of(Split::train));
        list.push_back({all_files()[i], missing ? 0 : counts[i]});
    }
    return list;
}

}  // namespace

constinit const DatasetFormat kCifar10Format{
    .name = "CIFAR-10's binary files",
    .files = "data_batch_1.bin to data_batch_5.bin, test_batch.bin",
    .is_in = holds_batches,
    .read = [](const fs::path& folder, Split split,
               const ReadOptions&) { return read_cifar10(folder, split); },
    .list = list,
    .file_names =
        [] {
            std::vector<std::string> names = all_files();
            names.emplace_back(kClassesFile);
            return names;
        }};

Dataset read_cifar10(const fs::path& folder, Split split) {
    const auto [first, end] = files_of(split);
    check_there(folder, {first, end});
    const std::vector<std::int64_t> counts = count_samples(folder);
    std::int64_t total = 0;
    for (std::size_t i = first; i < end; ++i) total += counts[i];

    const Dataset dataset{Tensor::empty({total, 32, 32, 3}, DType::uint8),
                          Tensor::empty({total}, DType::int32), read_classes(folder), folder.string()};
    std::int64_t next = 0;
    for (std::size_t i = first; i < end; ++i) {
        const fs::path path = folder / all_files()[i];
        std::vector<std::byte> bytes(static_cast<std::size_t>(counts[i] * kSampleBytes));
        read_file(path, bytes);
        decode(path.string(), bytes, dataset.slice(next, next + counts[i]));
        next += counts[i];
    }
    return dataset;
}

}  // namespace tern
