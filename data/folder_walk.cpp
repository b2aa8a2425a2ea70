#include "tern/data/folder_walk.hpp"

#include <algorithm>
#include <array>

#include <sys/stat.h>

#include "tern/core/error.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

// Hidden, or left behind by macOS, a Synology station, Windows and Linux.
bool is_passed_over(const std::string& name) {
    constexpr std::array kLeft{"__macosx", "@eadir", "$recycle.bin", "system volume information",
                               "lost+found"};
    return name.starts_with('.') || std::ranges::count(kLeft, lower_case(name)) > 0;
}

// A link that leads to nothing is a file that cannot be read.
bool may_be_read(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    return fs::is_regular_file(status) || !fs::exists(status);
}

}  // namespace

std::string lower_case(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

SortedEntries::SortedEntries(fs::path folder, std::size_t piece)
    : folder_(std::move(folder)), piece_(piece) {}

std::optional<fs::path> SortedEntries::next() {
    if (names_.empty() && !ended_) read_piece();
    if (names_.empty()) return {};
    fs::path path = folder_ / names_.back();
    names_.pop_back();
    return path;
}

// The smallest of the names that are larger than the last piece's, a heap with the largest of them on top.
void SortedEntries::read_piece() {
    std::error_code error;
    ended_ = true;
    for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
        std::string name = entry->path().filename().string();
        if ((!last_.empty() && name <= last_) || is_passed_over(name)) continue;
        if (names_.size() == piece_) {
            ended_ = false;
            if (name > names_.front()) continue;
            std::ranges::pop_heap(names_);
            names_.pop_back();
        }
        names_.push_back(std::move(name));
        std::ranges::push_heap(names_);
    }
    TERN_CHECK(!error, folder_.string(), "cannot be read: ", error.message());
    if (names_.empty()) return;
    last_ = names_.front();
    std::ranges::sort(names_, std::ranges::greater());
}

FolderWalk::FolderWalk(fs::path folder, std::function<void(std::string)> note) : note_(std::move(note)) {
    enter(folder);
}

void FolderWalk::enter(const fs::path& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0 && !seen_.emplace(status.st_dev, status.st_ino).second)
        return note_(to_text(folder.string(), " is a link to a folder already taken"));
    open_.emplace_back(folder);
}

std::optional<fs::path> FolderWalk::next() {
    while (!open_.empty()) {
        std::optional<fs::path> entry;
        try {
            entry = open_.back().next();
        } catch (const Error&) {
            open_.pop_back();
            throw;
        }
        std::error_code error;
        if (!entry)
            open_.pop_back();
        else if (fs::is_directory(*entry, error))
            enter(*entry);
        else if (may_be_read(*entry))
            return entry;
        else
            note_(to_text(entry->string(), " is not a regular file, skipped"));
    }
    return {};
}

}  // namespace tern
