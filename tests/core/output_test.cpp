// Names that lead to links, devices, pipes, folders, and streams that are open.
#include "tern/core/files/output.hpp"

#include <array>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/files/file_descriptor.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, std::string_view text) {
    check_output(path);
    write_output(path, std::as_bytes(std::span(text)));
}

}  // namespace

TEST_CASE("output goes through links, which stay") {
    const test::TemporaryFolder folder;
    fs::create_directory(folder / "sub");
    fs::create_symlink("sub/two", folder / "one");  // leads to nothing yet
    fs::create_symlink(folder / "one", folder / "zero");
    for (const char* text : {"new", "again"}) {
        write(folder / "zero", text);
        CHECK(test::read_text(folder / "sub" / "two") == text);
        CHECK(fs::read_symlink(folder / "one") == "sub/two");
        CHECK(fs::is_symlink(folder / "zero"));
    }
    fs::create_symlink("none/file", folder / "lost");
    CHECK_THROWS_WITH(check_output(folder / "lost"), test::at(folder.path() / "none" / "file") +
                                                         "cannot be created: No such file or directory");
    fs::create_symlink("b", folder / "a");
    fs::create_symlink("a", folder / "b");
    CHECK_THROWS_WITH(check_output(folder / "a"),
                      test::at(folder / "a") + "cannot be written: Too many levels of symbolic links");
    CHECK_THROWS_WITH(behind_links(folder / "a"),
                      test::at(folder / "a") + "cannot be followed: Too many levels of symbolic links");
}

TEST_CASE("output into a pipe or a device leaves it what it is") {
    const test::TemporaryFolder folder;
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    std::string got(5, '\0');
    std::thread reader([&] {
        FileDescriptor(folder / "pipe", O_RDONLY, "cannot be opened")
            .read_exactly(std::as_writable_bytes(std::span(got)));
    });
    write(folder / "pipe", "12345");
    reader.join();
    CHECK(got == "12345");
    CHECK(fs::is_fifo(folder / "pipe"));
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
    // Nodes of its own: to root a fault here would cost the system's.
    const auto make_node = [&](const char* name) {
        struct stat node {};
        ::stat(to_text("/dev/", name).c_str(), &node);
        return ::mknod((folder / name).c_str(), S_IFCHR | 0600, node.st_rdev) == 0 &&
               ::access((folder / name).c_str(), W_OK) == 0;
    };
    if (!make_node("null") || !make_node("full")) return;
    fs::create_symlink("null", folder / "link");
    write(folder / "link", "x");
    CHECK(fs::is_character_file(folder / "null"));
    CHECK(fs::is_symlink(folder / "link"));
    CHECK_THROWS_WITH(write(folder / "full", "x"),
                      test::at(folder / "full") + "cannot be written: No space left on device");
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 4);
}

TEST_CASE("a reader that leaves is an error, not the end of the process") {
    const test::TemporaryFolder folder;
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    std::thread reader([&] { const FileDescriptor pipe(folder / "pipe", O_RDONLY, "cannot be opened"); });
    const std::string more_than_a_pipe_holds(1 << 20, 'x');
    CHECK_THROWS_WITH(write(folder / "pipe", more_than_a_pipe_holds),
                      test::at(folder / "pipe") + "cannot be written: Broken pipe");
    reader.join();
}

TEST_CASE("output into an open stream comes where that stands") {
    const test::TemporaryFolder folder;
    const FileDescriptor open(folder / "file", O_WRONLY | O_CREAT, "cannot be created");
    open.write_all(std::as_bytes(std::span(std::string_view("one "))));
    write(folder / "file", "two ");
    open.write_all(std::as_bytes(std::span(std::string_view("three"))));
    CHECK(test::read_text(folder / "file") == "one two three");
    CHECK_FALSE(is_standard_output(folder / "file"));
    CHECK_FALSE(is_standard_output(folder / "none"));
}

TEST_CASE("what no file can be made of is refused before there is anything to write") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_WITH(check_output(folder.path()), test::at(folder.path()) + "is a folder, expected a file");
    CHECK_THROWS_WITH(check_output(folder / "none/"),
                      test::at(folder / "none/") + "names a folder, expected a file");
    CHECK_THROWS_WITH(
        check_output(folder.path() / "no" / "file"),
        test::at(folder.path() / "no" / "file") + "cannot be created: No such file or directory");
    test::write_text(folder / "file", "");
    CHECK_THROWS_WITH(check_output(folder / "file/x"),
                      test::at(folder / "file/x") + "cannot be written: Not a directory");
    CHECK_THROWS_WITH(check_output(folder / std::string(256, 'x')),
                      Catch::EndsWith("cannot be written: File name too long"));
    CHECK_THROWS_WITH(check_output("/proc/version"),
                      Catch::StartsWith("[/proc/version] cannot be created: "));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    const std::string name = (folder / "socket").string();
    REQUIRE(name.size() < sizeof address.sun_path);
    name.copy(address.sun_path, name.size());
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(socket);
    CHECK_THROWS_WITH(check_output(name), test::at(name) + "is a socket, expected a file");
    CHECK(test::read_text(folder / "file").empty());
    if (::geteuid() == 0) return;  // may write everywhere
    fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
    CHECK_THROWS_WITH(check_output(folder / "new"),
                      test::at(folder / "new") + "cannot be created: Permission denied");
    fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST_CASE("a file that is written piece by piece is there when it is whole") {
    const test::TemporaryFolder folder;
    const auto add = [](OutputStream& stream, std::string_view text) {
        stream.write(std::as_bytes(std::span(text)));
    };
    const auto entries = [&] { return std::distance(fs::directory_iterator(folder.path()), {}); };
    fs::create_symlink("file", folder / "link");
    test::write_text(folder / "file", "old");
    fs::permissions(folder / "file", fs::perms::owner_read | fs::perms::owner_write);
    {
        OutputStream given_up(folder / "link");
        add(given_up, "half");
        CHECK(entries() == 3);
    }
    CHECK(entries() == 2);
    CHECK(test::read_text(folder / "file") == "old");
    OutputStream stream(folder / "link");
    for (const char* piece : {"one ", "", "two ", "three"}) {
        add(stream, piece);
        CHECK(test::read_text(folder / "file") == "old");
    }
    stream.finish();
    CHECK(test::read_text(folder / "file") == "one two three");
    CHECK(fs::is_symlink(folder / "link"));
    CHECK(fs::status(folder / "file").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(entries() == 2);
    CHECK_THROWS_WITH(
        OutputStream(folder.path() / "none" / "file"),
        test::at(folder.path() / "none" / "file") + "cannot be created: No such file or directory");
}

TEST_CASE("a pipe gets each piece at once") {
    const test::TemporaryFolder folder;
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    const FileDescriptor reader(folder / "pipe", O_RDWR, "cannot be opened");  // keeps it open
    OutputStream stream(folder / "pipe");
    for (const std::string_view piece : {"one", "two"}) {
        stream.write(std::as_bytes(std::span(piece)));
        std::string got(3, '\0');
        CHECK(reader.can_be_read(0));
        reader.read_exactly(std::as_writable_bytes(std::span(got)));
        CHECK(got == piece);
        CHECK_FALSE(reader.can_be_read(0));
    }
    stream.finish();
}
