// Images sorted into folders, one for each class, as samples of a data set.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tern/data/dataset.hpp"

namespace tern {

struct ImageFolderOptions {
    static constexpr std::int64_t kMostSize = 8192;

    std::int64_t size = 32;      // height and width of the samples, 1 to kMostSize
    double test_fraction = 0.2;  // of each class, above 0 and below 1
    std::uint64_t seed = 0;      // of which samples are tests, and of the order
    bool keep_duplicates = false;
    /// Images stay in their files and are read when they are asked for (Dataset::reader), so that they need no memory:
    /// all that look like images are samples. One that cannot be read is an error then, and duplicates are kept.
    bool stay_on_disk = false;
};

struct ImageFolder {
    Dataset train, test;
    std::vector<std::string> empty_classes;  // folders without a readable image: no classes of the set
    std::vector<std::string> failures;       // one line for each image that cannot be read, "[file] rule"
    std::int64_t read = 0;                   // images, duplicates among them
    std::int64_t other_files = 0;            // that do not look like images, skipped
    std::vector<std::string> notes;          // what was decided, or may surprise, a line each
    bool has_splits = false;                 // the folders say which samples are tests

    struct Duplicate {
        std::string file, first;  // shows the pixels of the file `first`, which comes before it
    };
    std::vector<Duplicate> duplicates;  // left out, unless they are kept
};

/// Reads the files that list_image_files() finds; the names of their folders, in the order of their bytes,
/// are the classes. Images are brought to size x size by fit_image(). Where the folders name no splits, of each
/// class round(test_fraction * samples) become tests, chosen by seed. Both splits are put into an order of
/// the same draws: a sample's key is number i of RandomStream{seed, split, 0}, i the FNV-1a hash of its file's path below the
/// folder. So an image more or less moves at most one other of its class between the splits.
/// `progress`, where given, is called with files read and files in all, from the caller's thread. Throws
/// Error where the folder is none, has no class or more than 1,000, a class's name is not a line of text, or
/// there is no sample to train on or no test.
ImageFolder read_image_folder(const std::filesystem::path& folder, const ImageFolderOptions& options,
                              const std::function<void(std::int64_t, std::int64_t)>& progress = {});

}  // namespace tern
