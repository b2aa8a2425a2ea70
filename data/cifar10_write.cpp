#include "tern/data/cifar10.hpp"

#include <set>
#include <string>

#include "tern/core/files/file.hpp"
#include "tern/data/cifar10_format.hpp"
#include "tern/data/pixels.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;
using namespace cifar10;

constexpr auto kFiles = static_cast<std::int64_t>(kTrainFiles.size());

// In each training file but the last, which has the rest. Rounded up that is at most 4 fewer, unless there
// are few or it would look like a damaged copy of the published set; rounded down, or one less, at most 5
// more.
std::int64_t samples_per_file(std::int64_t train_samples, std::int64_t test_samples) {
    const std::int64_t most = (train_samples + kFiles - 1) / kFiles;
    const bool published = train_samples == kPublishedSamples * kFiles && test_samples == kPublishedSamples;
    if (most == kPublishedSamples && !published) return most - 1;
    return train_samples > most * (kFiles - 1) ? most : train_samples / kFiles;
}

void write_files(const fs::path& folder, const Dataset& train, const Dataset& test) {
    const std::int64_t per_file = samples_per_file(train.size(), test.size());
    for (std::int64_t i = 0; i < kFiles; ++i) {
        const std::int64_t begin = i * per_file, end = i + 1 < kFiles ? begin + per_file : train.size();
        write_file_atomically(folder / kTrainFiles[static_cast<std::size_t>(i)],
                              encode(train.images.slice(begin, end), train.labels.slice(begin, end)));
    }
    write_file_atomically(folder / kTestFile, encode(test.images, test.labels));
    std::string names;
    for (const std::string& name : train.classes) names += name + '\n';
    write_file_atomically(folder / kClassesFile, std::as_bytes(std::span(names)));
}

// What the layout can hold, so that what is written is what is read.
void check_set(const fs::path& folder, const Dataset& set, const std::vector<std::string>& classes) {
    check_samples(folder.string(), set);
    const Shape expected{set.size(), 3, 32, 32};
    TERN_CHECK(set.images.shape() == expected, folder.string(), "takes images of ", expected, ", got ",
               set.images.shape());
    TERN_CHECK(!classes.empty() && classes.size() <= 256 && set.classes == classes, folder.string(),
               "takes 1 to 256 classes, the same for training and tests, got ", set.classes.size());
    for (const std::string& name : classes) {
        TERN_CHECK(is_class_name(name), folder.string(), "takes names of classes that are one line, got \"",
                   name, '"');
    }
    TERN_CHECK(std::set(classes.begin(), classes.end()).size() == classes.size(), folder.string(),
               "takes names of classes that differ");
    const auto count = static_cast<std::int32_t>(classes.size());
    for (const std::int32_t label : set.labels.elements<std::int32_t>()) {
        TERN_CHECK(label >= 0 && label < count, folder.string(), "takes labels from 0 to ", count - 1,
                   ", got ", label);
    }
}

// "set/" names the folder "set".
fs::path without_slash(const fs::path& folder) {
    return folder.has_filename() ? folder : folder.parent_path();
}

}  // namespace

void check_vacant(const fs::path& folder) {
    const std::string last = without_slash(folder).filename().string();
    TERN_CHECK(last != "." && last != "..", folder.string(),
               "cannot be replaced as a whole; name a folder in it");
    check_replaceable(without_slash(folder));
    std::error_code error;
    const bool there = fs::exists(folder, error);
    TERN_CHECK(!error, folder.string(), "cannot be made: ", error.message());
    if (!there) return;
    TERN_CHECK(fs::is_directory(folder, error), folder.string(), "exists and is not a directory");
    TERN_CHECK(fs::is_empty(folder, error) && !error, folder.string(),
               "exists and is not empty; name a folder that does not exist yet");
}

void write_cifar10(const fs::path& folder, const Dataset& train, const Dataset& test) {
    for (const Dataset* set : {&train, &test}) check_set(folder, *set, train.classes);
    TERN_CHECK(train.size() >= kFiles && test.size() >= 1, folder.string(), train.size(), " training and ",
               test.size(), " test samples cannot be spread over 5 and 1 files");
    check_vacant(folder);
    const fs::path target = without_slash(folder);
    std::error_code error;
    if (target.has_parent_path()) fs::create_directories(target.parent_path(), error);
    TERN_CHECK(!error, folder.string(), "cannot be made: ", error.message());
    write_folder_atomically(target, [&](const fs::path& aside) { write_files(aside, train, test); });
}

}  // namespace tern
