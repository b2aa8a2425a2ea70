// The files of a folder of images.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tern/data/dataset.hpp"

namespace tern {

struct ImageFiles {
    struct File {
        std::filesystem::path path;
        std::size_t folder;          // index into `folders`
        std::optional<Split> split;  // where the folders say it
    };
    std::filesystem::path root;        // that of the classes, or of the splits
    std::vector<std::string> folders;  // names of the classes' folders, sorted
    std::vector<File> files;           // sorted
    bool has_splits = false;           // root/train/CLASS/... and root/test/CLASS/...
    std::vector<std::string> notes;    // what was decided or skipped, a line each
};

/// Everything in the folders of `folder`, one for each class, and in the folders within those. Where `folder`
/// has only one folder, whose folders are more, these are the classes. Folders named train and test (or val,
/// in any case of letters) that have folders of classes are splits. Skipped are names that begin with a
/// dot, what systems leave behind (__MACOSX, \@eaDir) and folders that a link leads to again. Throws Error
/// that names what cannot be read, a class whose name cannot be one, or what is not such a layout.
ImageFiles list_image_files(const std::filesystem::path& folder);

/// The folders in `folder`, sorted, without those skipped; none where it cannot be read.
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);

/// Whether a file claims to be an image: its content begins like one, of any format, or its name ends so.
bool looks_like_image(const std::filesystem::path& file);

}  // namespace tern
