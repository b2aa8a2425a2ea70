// The files of a folder, one after the other: for folders with more of them than memory should hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tern {

/// The text with the letters A to Z in lower case.
std::string lower_case(std::string text);

/// What is in a folder, in the order of the bytes of the names, without names that begin with a dot and what systems leave
/// behind (__MACOSX, \@eaDir). The folder is read once for every `piece` of its names, those that come next in the order,
/// and no more of them are in memory.
class SortedEntries {
  public:
    static constexpr std::size_t kPiece = std::size_t{1} << 16;

    explicit SortedEntries(std::filesystem::path folder, std::size_t piece = kPiece);
    /// Nothing after the last. Throws Error that names the folder where it cannot be read.
    std::optional<std::filesystem::path> next();

  private:
    void read_piece();

    std::filesystem::path folder_;
    std::size_t piece_;
    std::vector<std::string> names_;  // of the piece, the next one last
    std::string last_;                // the largest name of all pieces so far
    bool ended_ = false;              // no names are larger
};

/// The files of a folder and of the folders within it, sorted: those of a folder stand where its name does. Links may lead
/// in circles: a folder is taken once. What memory holds are a piece of SortedEntries for each folder on the way to the file at hand, and
/// two numbers for each folder so far.
class FolderWalk {
  public:
    /// `note` gets a line for each folder that was taken already, and for what is neither folder nor file.
    FolderWalk(std::filesystem::path folder, std::function<void(std::string)> note);
    /// Nothing after the last. Throws Error that names a folder which cannot be read; the next call goes on behind it.
    std::optional<std::filesystem::path> next();

  private:
    void enter(const std::filesystem::path& folder);

    std::function<void(std::string)> note_;
    std::vector<SortedEntries> open_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;  // device and number of each folder
};

}  // namespace tern
