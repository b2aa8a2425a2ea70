// docs/program.md says what the program says of itself.
#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tern/apps/console.hpp"
#include "tern/models/describe.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using test::run_tern;

namespace {

// By hand: g++ 12 warns of std::regex itself in builds with sanitizers.
const char* const kLetters = "abcdefghijklmnopqrstuvwxyz";

// The words that start with two dashes and a letter.
std::set<std::string> flags_in(const std::string& text) {
    std::set<std::string> flags;
    for (std::size_t at = text.find("--"); at != std::string::npos; at = text.find("--", at + 1)) {
        if (text.find_first_of(kLetters, at) != at + 2) continue;
        const std::size_t end = text.find_first_not_of(std::string(kLetters) + '-', at);
        flags.insert(text.substr(at, end - at));
    }
    flags.erase("--help");
    return flags;
}

// From its heading, of the second or third level, to the next one of these.
std::string section(const std::string& page, const std::string& title) {
    const std::size_t begin = page.find("## " + title + "\n");
    REQUIRE(begin != std::string::npos);
    const std::size_t end = std::min(page.find("\n## ", begin), page.find("\n### ", begin));
    return page.substr(begin, end - begin);
}

// "--lr X" and "--resume", from lines "  --lr X     learning rate".
std::vector<std::string> flags_with_types(const std::string& help) {
    std::vector<std::string> flags;
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("  --")) flags.push_back(line.substr(2, line.find("  ", 2) - 2));
    }
    return flags;
}

// It fits a screen, and ends with examples of flags that exist.
void check_help(const std::string& help) {
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        CHECK((line.size() <= 80 || line.starts_with("Usage: ")));
    }
    const std::size_t examples = help.find("\nExamples:\n  tern ");
    REQUIRE(examples != std::string::npos);
    const std::set<std::string> known = flags_in(help.substr(0, examples)),
                                used = flags_in(help.substr(examples));
    CHECK(std::ranges::includes(known, used));
}

// A row for each flag, which begins with it and the type of its value.
void check_table(const std::string& page, const std::string& help) {
    for (std::string flag : flags_with_types(help)) {
        INFO(flag);
        if (const std::size_t bar = flag.find('|'); bar != std::string::npos) flag.insert(bar, "\\");
        CHECK_THAT(page, Catch::Contains("\n| `" + flag + "` | "));
    }
}

}  // namespace

TEST_CASE("the page has the flags of each command and no others") {
    const std::string page = test::read_text(TERN_PROGRAM_PAGE);
    const test::TemporaryFolder folder;
    for (const std::string command :
         {"train", "evaluate", "average", "predict", "prune", "quantize", "export", "report", "summary",
          "data fetch", "data info", "data synthesize", "data import", "info", "completion"}) {
        INFO(command);
        std::vector<std::string> arguments;
        std::istringstream words(command + " --help");
        for (std::string word; words >> word;) arguments.push_back(word);
        const test::Finished help = run_tern(folder, arguments);
        CHECK(help.status == 0);
        CHECK(flags_in(section(page, "tern " + command)) == flags_in(help.out));
        if (command == "train") check_table(section(page, "tern train"), help.out);
        check_help(help.out);
    }
}

TEST_CASE("the page has every command") {
    const std::string page = test::read_text(TERN_PROGRAM_PAGE);
    const test::TemporaryFolder folder;
    const std::string help = run_tern(folder, {"--help"}).out;
    const std::size_t commands = help.find("Subcommands:\n");
    REQUIRE(commands != std::string::npos);
    int count = 0;
    for (std::size_t at = help.find("\n  ", commands); at != std::string::npos;
         at = help.find("\n  ", at + 1)) {
        const std::size_t begin = at + 3, end = help.find_first_not_of(kLetters, begin);
        if (end == begin || end == std::string::npos || help[end] != ' ') continue;
        const std::string command = help.substr(begin, end - begin);
        CHECK_THAT(page, Catch::Contains("| [`tern " + command + "`]"));
        CHECK_FALSE(section(page, "tern " + command).empty());
        ++count;
    }
    CHECK(count >= 6);
}

TEST_CASE("the page of models has the sizes and settings of each") {
    const auto file = std::filesystem::path(TERN_PROGRAM_PAGE).replace_filename("models.md");
    const std::string page = test::read_text(file);
    for (const ModelInfo& info : all_models()) {
        const Shape& image = info.image;
        const LayerDescription total =
            describe(*make_model(info.name), {1, image[0], image[1], image[2]}).total;
        CHECK_THAT(page,
                   Catch::Contains(to_text("\n| `", info.name, "` | ", apps::format_count(total.parameters),
                                           " | ", apps::format_count(total.multiply_adds), " | ")));
        CHECK_THAT(page, Catch::Contains(to_text("\n| `", info.name, "` | `", info.normalization, "` | ",
                                                 info.batch_size, " | ", info.epochs, " | ")));
    }
}
