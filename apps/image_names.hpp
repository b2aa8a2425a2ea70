// Which images a command line names.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tern/apps/flags.hpp"
#include "tern/core/tensor.hpp"
#include "tern/data/folder_walk.hpp"

namespace tern::apps {

class NameList;

/// What stands for the image on standard input.
inline constexpr const char* kStandardInput = "-";

/// Whether what waits should give up.
using Stop = std::function<bool()>;

/// The image on standard input, or no bytes that are one where it came to a stop before any; messages call it "standard input".
Tensor read_standard_input(const Stop& stop);

/// An image, or the line about what was named and gives none.
struct ImageName {
    std::string name;
    std::optional<Error> failure = {};
};

/// The images that words and a list name, one after the other, in that order; those of a folder are the images in it and in
/// the folders within, sorted. None of them is kept, so that there may be more than memory holds.
class ImageNames {
  public:
    /// `list` names a file, or with "-" standard input, that has a name in each line (UTF-8; a byte order mark and line ends
    /// of Windows are taken off). `stop` is asked while names are waited for; `note` gets lines about links and other
    /// surprises in folders. Throws Error where the list cannot be read or names nothing.
    ImageNames(std::vector<std::string> words, const Flag& list, Stop stop,
               std::function<void(std::string)> note);
    ~ImageNames();
    ImageNames(const ImageNames&) = delete;
    ImageNames& operator=(const ImageNames&) = delete;

    /// Nothing after the last one, or at a stop. Throws Error where the list cannot be read any more.
    std::optional<ImageName> next();
    /// Files so far, of folders, that do not look like images.
    std::size_t other_files() const { return other_files_; }

  private:
    struct Folder {
        std::string name;
        FolderWalk walk;
        bool is_empty = true;  // of images, and of what cannot be read
    };

    std::optional<std::string> next_word();
    std::optional<ImageName> next_of_folder();

    std::vector<std::string> words_;
    std::size_t word_ = 0;  // the next one
    std::unique_ptr<NameList> list_;
    Stop stop_;
    std::function<void(std::string)> note_;
    std::optional<Folder> folder_;  // the one at hand
    bool input_is_taken_ = false;
    std::size_t other_files_ = 0;
};

}  // namespace tern::apps
