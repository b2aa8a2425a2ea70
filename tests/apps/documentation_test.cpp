// docs/program.md says what the program says of itself.
#include <regex>
#include <set>

#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using test::run_tern;

namespace {

std::set<std::string> flags_in(const std::string& text) {
    static const std::regex flag("--[a-z][a-z-]*");
    std::set<std::string> flags;
    for (std::sregex_iterator it(text.begin(), text.end(), flag), end; it != end; ++it)
        flags.insert(it->str());
    flags.erase("--help");
    return flags;
}

// From its heading to the next one of that level.
std::string section(const std::string& page, const std::string& title) {
    const std::size_t begin = page.find("\n## " + title + "\n");
    REQUIRE(begin != std::string::npos);
    return page.substr(begin, page.find("\n## ", begin + 1) - begin);
}

}  // namespace

TEST_CASE("the page has the flags of each command and no others") {
    const std::string page = test::read_text(TERN_PROGRAM_PAGE);
    const test::TemporaryFolder folder;
    for (const std::string command : {"train", "evaluate", "summary", "info"}) {
        INFO(command);
        const test::Finished help = run_tern(folder, {command, "--help"});
        CHECK(help.status == 0);
        CHECK(flags_in(section(page, "tern " + command)) == flags_in(help.out));
    }
}

TEST_CASE("the page has every command") {
    const std::string page = test::read_text(TERN_PROGRAM_PAGE);
    const test::TemporaryFolder folder;
    const std::string help = run_tern(folder, {"--help"}).out;
    const std::size_t commands = help.find("Subcommands:\n");
    REQUIRE(commands != std::string::npos);
    static const std::regex line("\n  ([a-z]+) ");
    int count = 0;
    for (std::sregex_iterator it(help.begin() + static_cast<std::ptrdiff_t>(commands), help.end(), line), end;
         it != end; ++it, ++count) {
        CHECK_THAT(page, Catch::Contains("| [`tern " + it->str(1) + "`]"));
        CHECK_FALSE(section(page, "tern " + it->str(1)).empty());
    }
    CHECK(count >= 4);
}
