#include "tern/apps/help_formatter.hpp"

#include <sstream>
#include <string>
#include <vector>

namespace tern::apps {
namespace {

constexpr std::size_t kAboutColumn = 26, kLastColumn = 80;

}  // namespace

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
    const std::string next_line = '\n' + std::string(kAboutColumn, ' ');
    std::string text = "  " + make_option_name(option, is_positional) + make_option_opts(option);
    if (text.size() + 1 > kAboutColumn) text += next_line;
    std::size_t column = text.size() - (text.rfind('\n') + 1);
    if (column < kAboutColumn) text.append(kAboutColumn - column, ' ');
    column = kAboutColumn;
    std::istringstream words(make_option_desc(option));
    for (std::string word; words >> word; column += word.size() + 1) {
        if (column > kAboutColumn && column + word.size() > kLastColumn) {
            text += next_line;
            column = kAboutColumn;
        }
        // A long list of choices goes on in the next line.
        constexpr std::size_t kWidth = kLastColumn - kAboutColumn;
        while (column == kAboutColumn && word.size() > kWidth) {
            const std::size_t bar = word.rfind('|', kWidth - 1);
            if (bar == std::string::npos) break;
            text += word.substr(0, bar + 1) + next_line;
            word.erase(0, bar + 1);
        }
        text += (column > kAboutColumn ? " " : "") + word;
    }
    return text + '\n';
}

std::string HelpFormatter::make_option_name(const CLI::Option* option, bool is_positional) const {
    const std::vector<std::string>& names = option->get_lnames();
    if (is_positional || names.size() < 2) return CLI::Formatter::make_option_name(option, is_positional);
    return "--" + names.front();
}

}  // namespace tern::apps
