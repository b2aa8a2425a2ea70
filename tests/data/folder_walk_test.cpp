// Walking through folders gives the order of a sorted list, whatever fits into memory at once.
#include "tern/data/folder_walk.hpp"

#include <algorithm>
#include <random>

#include <sys/resource.h>

#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> entries_of(const fs::path& folder, std::size_t piece) {
    SortedEntries entries(folder, piece);
    std::vector<std::string> names;
    while (const std::optional<fs::path> entry = entries.next()) {
        CHECK(entry->parent_path() == folder);
        names.push_back(entry->filename().string());
    }
    return names;
}

struct Walked {
    std::vector<std::string> files, notes, errors;  // files below the folder
};

Walked walk_through(const fs::path& folder) {
    Walked walked;
    FolderWalk walk(folder, [&](const std::string& note) { walked.notes.push_back(note); });
    for (;;) {
        try {
            const std::optional<fs::path> file = walk.next();
            if (!file) return walked;
            walked.files.push_back(file->lexically_relative(folder).string());
        } catch (const Error& error) {
            walked.errors.emplace_back(error.what());
        }
    }
}

// While it lives, this process can open nothing, though it be root's.
class NoMoreFiles {
  public:
    NoMoreFiles() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoMoreFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoMoreFiles(const NoMoreFiles&) = delete;
    NoMoreFiles& operator=(const NoMoreFiles&) = delete;

  private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("entries are sorted by their bytes for any number of names in memory") {
    std::mt19937 random(7);
    for (const int count : {0, 1, 2, 3, 40}) {
        const test::TemporaryFolder folder;
        std::vector<std::string> names;
        for (int i = 0; i < count; ++i) {
            std::string name = to_text(i);  // differs from the others
            for (int letters = static_cast<int>(random() % 4); letters > 0; --letters) {
                char letter = static_cast<char>(random() % 255 + 1);
                if (letter == '/') letter = '\xFF';
                name.insert(random() % (name.size() + 1), 1, letter);
            }
            if (name.starts_with('.')) name[0] = 'x';
            names.push_back(name);
            test::write_text(folder / name, "");
        }
        std::ranges::sort(names, [](const std::string& a, const std::string& b) {
            return std::ranges::lexicographical_compare(a, b, [](char x, char y) {
                return static_cast<unsigned char>(x) < static_cast<unsigned char>(y);
            });
        });
        names.erase(std::ranges::unique(names).begin(), names.end());
        for (const std::size_t piece : {1, 2, 3, 39, 40, 41, 1000}) {
            INFO(count << " names, " << piece << " in memory");
            CHECK(entries_of(folder.path(), piece) == names);
        }
    }
}

TEST_CASE("what is hidden or left behind by systems is passed over") {
    const test::TemporaryFolder folder;
    for (const char* name : {".hidden", "__MACOSX", "@eaDir", "Lost+Found", "b", "A"})
        test::write_text(folder / name, "");
    CHECK(entries_of(folder.path(), 1) == std::vector<std::string>{"A", "b"});
    CHECK_THROWS_WITH(entries_of(folder / "none", 1),
                      test::at(folder / "none") + "cannot be read: No such file or directory");
}

TEST_CASE("files of folders stand where the folder's name does, and each folder is taken once") {
    const test::TemporaryFolder folder;
    fs::create_directories(folder.path() / "b" / "deep");
    for (const char* name : {"a", "b.txt", "c", "b/z", "b/deep/y", "b/deep.txt"})
        test::write_text(folder / name, "");
    fs::create_directory_symlink("b", folder / "link");
    fs::create_directory_symlink("../..", folder / "b/deep/up");
    fs::create_symlink("nothing", folder / "lost");
    fs::create_symlink("/dev/null", folder / "null");
    const Walked walked = walk_through(folder.path());
    CHECK(walked.files ==
          std::vector<std::string>{"a", "b/deep/y", "b/deep.txt", "b/z", "b.txt", "c", "lost"});
    CHECK(walked.notes ==
          std::vector<std::string>{(folder / "b/deep/up").string() + " is a link to a folder already taken",
                                   (folder / "link").string() + " is a link to a folder already taken",
                                   (folder / "null").string() + " is not a regular file, skipped"});
    CHECK(walked.errors.empty());
}

TEST_CASE("a folder that cannot be read is told, and the walk goes on behind it") {
    const test::TemporaryFolder folder;
    for (const char* inner : {"a", "b", "c"}) {
        fs::create_directory(folder / inner);
        test::write_text(folder.path() / inner / "file", "");
    }
    FolderWalk walk(folder.path(), [](const std::string&) {});
    CHECK(walk.next() == folder.path() / "a" / "file");
    {
        const NoMoreFiles scope;
        CHECK_THROWS_WITH(walk.next(), test::at(folder / "b") + "cannot be read: Too many open files");
    }
    CHECK(walk.next() == folder.path() / "c" / "file");
    CHECK_FALSE(walk.next());
    CHECK_FALSE(walk.next());
    const Walked none = walk_through(folder / "none");
    CHECK(none.files.empty());
    CHECK(none.errors ==
          std::vector{to_text(test::at(folder / "none"), "cannot be read: No such file or directory")});
}
