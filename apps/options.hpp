// Declaring the flags of a command. CLI11's header takes seven seconds to compile: here it stays out of the
// commands.
#pragma once

#include <string>
#include <vector>

#include "tern/apps/flags.hpp"

namespace CLI {
class App;
}

namespace tern::apps {

/// `--name TYPE`; a name without dashes is a word that stands by itself. `type` is what --help calls the
/// value. Former names of a flag may follow its own, with commas: they are still read, but not shown.
void add_option(CLI::App& app, const std::string& name, Flag& value, const std::string& type,
                const std::string& about);
/// As many words as there are.
void add_option(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                const std::string& type, const std::string& about);
void add_flag(CLI::App& app, const std::string& name, bool& value, const std::string& about);
/// What --help ends with.
void add_footer(CLI::App& app, const std::string& text);

}  // namespace tern::apps
