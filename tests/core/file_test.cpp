// Files are read whole and replaced whole.
#include "tern/core/files/file.hpp"

#include <array>

#include <fcntl.h>
#include <unistd.h>

#include "tern/core/error.hpp"
#include "tern/core/files/file_descriptor.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/memory_limit.hpp"
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

TEST_CASE("what is not a readable file is named") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_WITH(size_of_file(folder / "none"), test::at(folder / "none") + "no such file");
    CHECK_THROWS_WITH(size_of_file(folder.path()), test::at(folder.path()) + "is a folder, expected a file");
    CHECK_THROWS_WITH(size_of_file("/dev/null"), "[/dev/null] is not a regular file, expected a file");
    test::write_text(folder / "file", "abc");
    std::array<std::byte, 4> bytes{};
    CHECK_THROWS_WITH(read_file(folder / "file", bytes),
                      test::at(folder / "file") + "has 3 bytes, expected 4");
}

TEST_CASE("a text file has a limit") {
    const test::TemporaryFolder folder;
    test::write_text(folder / "file", "abc");
    CHECK(read_text_file(folder / "file", 3) == "abc");
    CHECK_THROWS_WITH(read_text_file(folder / "file", 2),
                      test::at(folder / "file") + "has 3 bytes, expected at most 2");
}

TEST_CASE("a file that memory cannot hold is named") {
    const test::TemporaryFolder folder;
    const std::filesystem::path path = folder / "file";
    test::write_text(path, "");
    const std::int64_t most = std::int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
    std::filesystem::resize_file(path, static_cast<std::uintmax_t>(most + 1));  // takes no space
    CHECK_THROWS_WITH(read_bytes(path), to_text(test::at(path), "has ", most + 1, " bytes, more than the ",
                                                most, " of this machine's memory"));
    if (!test::kMemoryLimits) return;
    std::filesystem::resize_file(path, 1 << 29);
    const test::MemoryLimit limit(1 << 28);
    CHECK_THROWS_WITH(read_bytes(path),
                      test::at(path) + "has 536870912 bytes, for which there is not enough memory");
}

TEST_CASE("a folder is made whole, replaced whole, or left alone") {
    const test::TemporaryFolder place;
    const std::filesystem::path folder = place / "made";
    const auto filled_with = [&](const std::string& text) {
        return [text](const std::filesystem::path& into) {
            std::filesystem::create_directory(into / "sub");
            test::write_text(into / "sub" / "file", text);
        };
    };
    write_folder_atomically(folder, filled_with("one"));
    CHECK(test::read_text(folder / "sub" / "file") == "one");
    write_folder_atomically(folder, filled_with("two"));
    CHECK(test::read_text(folder / "sub" / "file") == "two");
    // The message names the folder that was asked for.
    const auto failing = [&](const std::filesystem::path& into) {
        filled_with("three")(into);
        write_file_atomically(into / "no" / "file", {});
    };
    CHECK_THROWS_WITH(write_folder_atomically(folder, failing),
                      test::at(folder / "no" / "file") + "cannot be created: No such file or directory");
    CHECK(test::read_text(folder / "sub" / "file") == "two");
    CHECK_THROWS_WITH(write_folder_atomically(place.path() / "no" / "made", filled_with("x")),
                      test::at(place.path() / "no" / "made") + "cannot be made: No such file or directory");
    CHECK(std::distance(std::filesystem::directory_iterator(place.path()), {}) == 1);
}

TEST_CASE("what replaces a file or a folder has its rights") {
    using std::filesystem::perms;
    const test::TemporaryFolder place;
    const auto rights_of = [&](const char* name) {
        return std::filesystem::status(place / name).permissions();
    };
    test::write_text(place / "file", "old");
    std::filesystem::permissions(place / "file", perms::owner_read | perms::owner_write | perms::others_exec);
    write_file_atomically(place / "file", {});
    CHECK(rights_of("file") == (perms::owner_read | perms::owner_write | perms::others_exec));
    std::filesystem::create_directory(place / "folder");
    std::filesystem::permissions(place / "folder", perms::owner_all | perms::set_gid);
    std::filesystem::create_symlink("folder", place / "link");
    write_folder_atomically(place / "link",
                            [](const std::filesystem::path& into) { test::write_text(into / "x", "y"); });
    CHECK(std::filesystem::is_symlink(place / "link"));
    CHECK(test::read_text(place / "folder" / "x") == "y");
    CHECK(rights_of("folder") == (perms::owner_all | perms::set_gid));
}

TEST_CASE("a name of 255 bytes can be written") {
    const test::TemporaryFolder place;
    const std::string name(255, 'x');
    write_file_atomically(place / name, {});
    write_file_atomically(place / name, {});
    CHECK(size_of_file(place / name) == 0);
    CHECK(std::distance(std::filesystem::directory_iterator(place.path()), {}) == 1);
}

TEST_CASE("a link is replaced in one step") {
    const test::TemporaryFolder folder;
    replace_link(folder / "link", "one");
    replace_link(folder / "link", "two");
    CHECK(std::filesystem::read_symlink(folder / "link") == "two");
    std::filesystem::create_directory(folder / "taken");
    CHECK_THROWS_WITH(replace_link(folder / "taken", "one"),
                      Catch::StartsWith(test::at(folder / "taken") + "cannot be replaced: "));
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("what a killed process left is removed, and nothing else") {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder / ".step-5.part-77");
    test::write_text(folder / ".step-5.part-77" / "file", "half");
    for (const char* name : {".file.part-1", ".hidden", "a.part-1"}) test::write_text(folder / name, "");
    test::write_text(folder / ".other.part-1", "");
    remove_unfinished(folder.path(), "step-5");
    CHECK_FALSE(std::filesystem::exists(folder / ".step-5.part-77"));
    CHECK(std::filesystem::exists(folder / ".other.part-1"));
    remove_unfinished(folder.path());
    CHECK_FALSE(std::filesystem::exists(folder / ".other.part-1"));
    CHECK_FALSE(std::filesystem::exists(folder / ".step-5.part-77"));
    CHECK_FALSE(std::filesystem::exists(folder / ".file.part-1"));
    CHECK(std::filesystem::exists(folder / ".hidden"));
    CHECK(std::filesystem::exists(folder / "a.part-1"));
    remove_unfinished(folder / "none");
}

TEST_CASE("where no folder can be put is told before anything is made") {
    const test::TemporaryFolder folder;
    CHECK_NOTHROW(check_replaceable(folder.path()));
    CHECK_NOTHROW(check_replaceable(folder.path() / "a" / "b"));
    CHECK_THROWS_WITH(check_replaceable("/proc"), "[/proc] is a mount point, which cannot be replaced");
    CHECK_THROWS_WITH(check_replaceable("/"), "[/] is a mount point, which cannot be replaced");
    test::write_text(folder / "file", "");
    const std::filesystem::path below = folder.path() / "file" / "a" / "b";
    CHECK_THROWS_WITH(check_replaceable(below), test::at(below) + "cannot be made: Not a directory");
    const std::filesystem::path far = folder.path() / std::string(300, 'x') / "a";
    CHECK_THROWS_WITH(check_replaceable(far), test::at(far) + "cannot be made: File name too long");
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
    if (::geteuid() == 0) return;  // may write everywhere
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read);
    CHECK_THROWS_WITH(check_replaceable(folder / "a"),
                      test::at(folder / "a") + "cannot be made: Permission denied");
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

TEST_CASE("a folder that a killed process was replacing is put back") {
    const test::TemporaryFolder folder;
    const auto make = [&](const std::string& name, const std::string& text) {
        std::filesystem::create_directory(folder / name);
        test::write_text(folder / name / "file", text);
    };
    make(".step-5.part-77", "new");
    make(".step-5.part-77.old", "old");
    make(".step-6.part-78.old", "old");  // ended between the second name and the third
    make("step-6", "new");
    make(".step-7.part-old", "half deleted");
    SECTION("alone") {
        restore_replaced(folder.path());
        CHECK(std::filesystem::exists(folder / ".step-5.part-77"));
        CHECK(std::filesystem::exists(folder / ".step-6.part-78.old"));
        CHECK(std::filesystem::exists(folder / ".step-7.part-old"));
    }
    SECTION("before the rest is deleted") {
        remove_unfinished(folder.path());
        CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
    }
    SECTION("by its name") {
        remove_unfinished(folder.path(), "step-5");
        CHECK_FALSE(std::filesystem::exists(folder / ".step-5.part-77"));
        CHECK(std::filesystem::exists(folder / ".step-6.part-78.old"));
    }
    CHECK(test::read_text(folder / "step-5" / "file") == "old");
    CHECK(test::read_text(folder / "step-6" / "file") == "new");
    CHECK_FALSE(std::filesystem::exists(folder / ".step-5.part-77.old"));
    restore_replaced(folder / "none");
}

TEST_CASE("a lock is one process's, and one object's") {
    const test::TemporaryFolder folder;
    test::write_text(folder / "file", "");
    const FileDescriptor first(folder / "file", O_RDONLY, "cannot be opened");
    CHECK(first.try_lock() == Lock::taken);
    {
        const FileDescriptor second(folder / "file", O_RDONLY, "cannot be opened");
        CHECK(second.try_lock() == Lock::of_another);
    }
    CHECK(first.try_lock() == Lock::taken);
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
