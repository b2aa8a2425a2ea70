// What an error says, in one line and apart.
#include "tern/core/error.hpp"

#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("an error keeps apart where something is wrong and what") {
    try {
        TERN_CHECK(1 > 2, "a file [1] of two", "has ", 3, " lines, expected ", 4);
        FAIL("was not thrown");
    } catch (const Error& error) {
        CHECK(error.where() == "a file [1] of two");
        CHECK(error.rule() == "has 3 lines, expected 4");
        CHECK(error.what() == std::string("[a file [1] of two] has 3 lines, expected 4"));
    }
}

TEST_CASE("a broken assertion is a fault of tern's own") {
    try {
        TERN_ASSERT(1 > 2);
        FAIL("was not thrown");
    } catch (const Error& error) {
        CHECK(error.where() == "tern");
        CHECK_THAT(error.rule(),
                   Catch::StartsWith("internal error, please report it: 1 > 2 does not hold at "));
    }
}
