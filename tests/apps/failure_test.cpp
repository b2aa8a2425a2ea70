// What the standard library throws, in words for who runs a program.
#include "tern/apps/failure.hpp"

#include <filesystem>
#include <new>
#include <system_error>

#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using apps::failure_line;

TEST_CASE("errors of the standard library become lines of ours") {
    const auto missing = std::make_error_code(std::errc::no_such_file_or_directory);
    CHECK(failure_line(Error("x", "is y")) == "[x] is y");
    CHECK(failure_line(std::bad_alloc()) == "[memory] is not enough for this");
    CHECK(failure_line(std::length_error("vector::_M_default_append")) == "[memory] is not enough for this");
    CHECK(failure_line(std::filesystem::filesystem_error("cannot iterate", "a/b", missing)) ==
          "[a/b] cannot be used: No such file or directory");
    CHECK(failure_line(std::system_error(missing, "thread")) == "[system] No such file or directory");
    CHECK(failure_line(std::out_of_range("map::at")) == "[tern] a fault of the program itself: map::at");
}
