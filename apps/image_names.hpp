// Which images a command line names.
#pragma once

#include <string>
#include <vector>

#include "tern/apps/flags.hpp"
#include "tern/core/tensor.hpp"

namespace tern::apps {

/// What stands for the image on standard input.
inline constexpr const char* kStandardInput = "-";
/// That image; messages call it "standard input".
Tensor read_standard_input();

struct ImageNames {
    std::vector<std::string> files;  // in the order of the command line; those of a folder sorted
    std::size_t other_files = 0;     // in folders, that do not look like images
    std::vector<std::string> notes;  // about links and other surprises in folders
    std::vector<Error> failures;     // one for each folder that cannot be read or has no images
};

/// Folders become the images in them and in the folders within; `list` names a file, or with "-" standard
/// input, that has a name in each line (UTF-8; a byte order mark and line ends of Windows are taken off).
/// Throws Error where the list cannot be read or names nothing.
ImageNames image_names(const std::vector<std::string>& images, const Flag& list);

}  // namespace tern::apps
