// Pictures sorted into folders, one for each class, as records of a data set.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tern/data/dataset.hpp"

namespace tern {

struct PictureFolderOptions {
    double test_fraction = 0.2;  // of each class, above 0 and below 1
    std::uint64_t seed = 0;      // of which records are tests, and of the order
    bool keep_duplicates = false;
};

struct PictureFolder {
    Dataset train, test;
    std::vector<std::string> empty_classes;  // folders without a readable picture: no classes of the set
    std::vector<std::string> failures;       // one line for each file that is no picture, "[file] rule"

    struct Duplicate {
        std::string file, first;  // shows the pixels of the file `first`, which comes before it
    };
    std::vector<Duplicate> duplicates;  // left out, unless they are kept
    std::int64_t moved_to_test = 0;     // beyond the fraction, for numbers that fits_cifar10()
};

/// Reads every file in the sub-folders of `folder`, whose names, in the order of their bytes, are the
/// classes. Pictures are brought to 32 x 32 by fit_image(). Hidden files and folders are passed over; what
/// else is no picture is listed. Of each class round(test_fraction * records) become tests, chosen by seed,
/// and both splits are put into an order of the same draws: a record's key is number i of RandomStream{seed,
/// split, 0}, i its place among all records. `progress`, where given, is called with files read and files in
/// all, from the caller's thread. Throws Error where the folder is none, has no class or more than 256, a
/// class's name is no line of text, or there are fewer than 6 records.
PictureFolder read_picture_folder(const std::filesystem::path& folder, const PictureFolderOptions& options,
                                  const std::function<void(std::int64_t, std::int64_t)>& progress = {});

}  // namespace tern
