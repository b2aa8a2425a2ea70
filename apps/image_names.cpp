#include "tern/apps/image_names.hpp"

#include <algorithm>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "tern/apps/name_list.hpp"
#include "tern/data/image.hpp"
#include "tern/data/image_files.hpp"

namespace tern::apps {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStandardInputName = "standard input";

FileDescriptor standard_input() { return FileDescriptor::copy_of(STDIN_FILENO, kStandardInputName); }

FileDescriptor open_list(const std::string& name) {
    return name == kStandardInput ? standard_input() : FileDescriptor(name, O_RDONLY, "cannot be opened");
}

constexpr const char* kReadOnce = "stands for standard input, which can be read once";

}  // namespace

Tensor read_standard_input(const Stop& stop) {
    const FileDescriptor input = standard_input();
    TERN_CHECK(wait_for_input(input, stop), kStandardInputName, "was not waited for any longer");
    return decode_image(input.read_to_end(kMostImageBytes), kStandardInputName);
}

ImageNames::ImageNames(std::vector<std::string> words, const Flag& list, Stop stop,
                       std::function<void(std::string)> note)
    : words_(std::move(words)), stop_(std::move(stop)), note_(std::move(note)) {
    input_is_taken_ = list == kStandardInput;
    if (std::ranges::count(words_, kStandardInput) > (input_is_taken_ ? 0 : 1))
        usage_error(kStandardInput, kReadOnce);
    if (list) list_ = std::make_unique<NameList>(open_list(*list), stop_);
}

ImageNames::~ImageNames() = default;

std::optional<std::string> ImageNames::next_word() {
    if (word_ < words_.size()) return words_[word_++];
    return list_ ? list_->next() : std::nullopt;
}

std::optional<ImageName> ImageNames::next() {
    for (;;) {
        if (std::optional<ImageName> image = folder_ ? next_of_folder() : std::nullopt) return image;
        if (stop_()) return {};
        const std::optional<std::string> word = next_word();
        if (!word) return {};
        std::error_code error;
        if (*word == kStandardInput) {
            if (std::exchange(input_is_taken_, true)) return ImageName{*word, Error(*word, kReadOnce)};
            return ImageName{*word};
        }
        if (!fs::is_directory(*word, error)) return ImageName{*word};
        folder_.emplace(*word, FolderWalk(*word, note_));
    }
}

// Nothing at its end.
std::optional<ImageName> ImageNames::next_of_folder() {
    Folder& folder = *folder_;
    try {
        while (std::optional<fs::path> file = stop_() ? std::nullopt : folder.walk.next()) {
            if (looks_like_image(*file)) {
                folder.is_empty = false;
                return ImageName{file->string()};
            }
            ++other_files_;
        }
    } catch (const Error& error) {
        folder.is_empty = false;
        return ImageName{folder.name, error};
    }
    std::optional<ImageName> failed;
    if (folder.is_empty && !stop_()) failed = {folder.name, Error(folder.name, "is a folder without images")};
    folder_.reset();
    return failed;
}

}  // namespace tern::apps
