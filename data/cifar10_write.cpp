#include "tern/data/cifar10.hpp"

#include <string>

#include "tern/core/files/file.hpp"
#include "tern/data/cifar10_format.hpp"
#include "tern/data/new_folder.hpp"

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
                              encode(train.slice(begin, end)));
    }
    write_file_atomically(folder / kTestFile, encode(test));
    std::string names;
    for (const std::string& name : train.classes) names += name + '\n';
    write_file_atomically(folder / kClassesFile, std::as_bytes(std::span(names)));
}

// What the layout can hold, so that what is written is what is read.
void check_set(const fs::path& folder, const Dataset& set, const std::vector<std::string>& classes) {
    check_labelled_images(folder.string(), set);
    const Shape expected{32, 32, 3};
    TERN_CHECK(set.sample_shape() == expected, folder.string(), "takes images of ", expected, ", got ",
               set.sample_shape());
    TERN_CHECK(classes.size() <= kMostClasses && set.classes == classes, folder.string(), "takes 1 to ",
               kMostClasses, " classes, the same for training and tests, got ", set.classes.size());
}

}  // namespace

void write_cifar10(const fs::path& folder, const Dataset& train, const Dataset& test) {
    for (const Dataset* set : {&train, &test}) check_set(folder, *set, train.classes);
    TERN_CHECK(train.size() >= kFiles && test.size() >= 1, folder.string(), train.size(), " training and ",
               test.size(), " test samples cannot be spread over 5 and 1 files");
    write_new_folder(folder, [&](const fs::path& aside) { write_files(aside, train, test); });
}

}  // namespace tern
