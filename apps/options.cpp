#include "tern/apps/options.hpp"

#include <CLI/CLI.hpp>

namespace tern::apps {

void add_option(CLI::App& app, const std::string& name, Flag& value, const std::string& type,
                const std::string& about) {
    app.add_option(name, value, about)->type_name(type);
}

void add_option(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                const std::string& type, const std::string& about) {
    app.add_option(name, values, about)->type_name(type);
}

void add_flag(CLI::App& app, const std::string& name, bool& value, const std::string& about) {
    app.add_flag(name, value, about);
}

void add_footer(CLI::App& app, const std::string& text) { app.footer(text); }

}  // namespace tern::apps
