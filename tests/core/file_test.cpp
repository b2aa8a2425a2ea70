// Files are read whole and replaced whole.
#include "tern/core/file.hpp"

#include <array>

#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

TEST_CASE("what is written is read") {
    const test::TemporaryFolder folder;
    const std::string text = "some bytes";
    write_file_atomically(folder / "file", std::as_bytes(std::span(text)));
    CHECK(size_of_file(folder / "file") == 10);
    std::string again(10, '\0');
    read_file(folder / "file", std::as_writable_bytes(std::span(again)));
    CHECK(again == text);
    write_file_atomically(folder / "file", {});
    CHECK(size_of_file(folder / "file") == 0);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("what is no readable file is named") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_WITH(size_of_file(folder / "none"), test::at(folder / "none") + "no such file");
    CHECK_THROWS_WITH(size_of_file(folder.path()), test::at(folder.path()) + "is a folder, expected a file");
    CHECK_THROWS_WITH(size_of_file("/dev/null"), "[/dev/null] is no regular file, expected a file");
    test::write_text(folder / "file", "abc");
    std::array<std::byte, 4> bytes{};
    CHECK_THROWS_WITH(read_file(folder / "file", bytes),
                      test::at(folder / "file") + "has 3 bytes, expected 4");
}

TEST_CASE("a file that cannot be written leaves the old one") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_WITH(write_file_atomically(folder.path() / "no" / "file", {}),
                      Catch::Contains("cannot be created: No such file or directory"));
    // A folder cannot be replaced by a file: the rename fails after all was written.
    std::filesystem::create_directory(folder / "taken");
    test::write_text(folder / "taken" / "inside", "kept");
    CHECK_THROWS_WITH(write_file_atomically(folder / "taken", {}),
                      Catch::StartsWith(test::at(folder / "taken") + "cannot be replaced: "));
    CHECK(test::read_text(folder / "taken" / "inside") == "kept");
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
