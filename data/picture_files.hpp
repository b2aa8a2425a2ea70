// The files of a folder of pictures.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tern {

struct PictureFiles {
    struct File {
        std::filesystem::path path;
        std::size_t folder;  // index into `folders`
    };
    std::vector<std::string> folders;  // names of the sub-folders, sorted
    std::vector<File> files;           // sorted
};

/// Everything in the sub-folders of `folder` whose name does not begin with a dot; throws Error that names
/// what cannot be read, or a sub-folder whose name cannot be that of a class.
PictureFiles list_picture_files(const std::filesystem::path& folder);

}  // namespace tern
