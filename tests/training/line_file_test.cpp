// Files that grow line by line.
#include "tern/training/line_file.hpp"

#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/tests/training/file_limit.hpp"

using namespace tern;

TEST_CASE("lines are there as soon as they are written") {
    const test::TemporaryFolder folder;
    LineFile file(folder / "lines");
    file.append("one");
    CHECK(test::read_text(folder / "lines") == "one\n");
    file.append("two");
    file.sync();
    CHECK(test::read_text(folder / "lines") == "one\ntwo\n");
    CHECK(file.bytes() == 8);
    CHECK_THROWS_WITH(LineFile(folder / "no" / "lines"),
                      test::at(folder / "no" / "lines") + "cannot be created: No such file or directory");
    LineFile full("/dev/full");
    CHECK_THROWS_WITH(full.append("x"), "[/dev/full] cannot be written: No space left on device");
}

TEST_CASE("a file is cut back to the bytes that stay") {
    const test::TemporaryFolder folder;
    test::write_text(folder / "lines", "one\ntwo\nhal");
    LineFile file(folder / "lines", 4);
    CHECK(test::read_text(folder / "lines") == "one\n");
    file.append("again");
    CHECK(test::read_text(folder / "lines") == "one\nagain\n");
    CHECK(LineFile(folder / "lines").bytes() == 0);
    CHECK(test::read_text(folder / "lines").empty());
}

TEST_CASE("of a file that lost its end the whole lines stay") {
    const test::TemporaryFolder folder;
    CHECK(LineFile(folder / "lines", 100).bytes() == 0);
    for (const auto& [left, kept] : {std::pair{"one\ntw", "one\n"}, {"one\n", "one\n"}, {"on", ""}}) {
        test::write_text(folder / "lines", left);
        LineFile file(folder / "lines", 8);
        CHECK(test::read_text(folder / "lines") == kept);
        file.append("new");
        CHECK(test::read_text(folder / "lines") == std::string(kept) + "new\n");
    }
}

TEST_CASE("a line that does not fit leaves the lines before it, and waits") {
    const test::TemporaryFolder folder;
    LineFile file(folder / "lines");
    file.append("12345");
    {
        const test::FileLimit limit(10);
        CHECK_THROWS_WITH(file.append("67890"),
                          test::at(folder / "lines") + "cannot be written: File too large");
    }
    CHECK(test::read_text(folder / "lines") == "12345\n");
    CHECK(file.bytes() == 6);
    file.append("6");
    CHECK(test::read_text(folder / "lines") == "12345\n67890\n6\n");
    {
        const test::FileLimit limit(14);
        CHECK_THROWS_WITH(file.append("7"), Catch::Contains("cannot be written: File too large"));
        CHECK_THROWS_WITH(file.sync(), Catch::Contains("cannot be written: File too large"));
    }
    file.sync();
    CHECK(test::read_text(folder / "lines") == "12345\n67890\n6\n7\n");
    CHECK(file.bytes() == 16);
}
