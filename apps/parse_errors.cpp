#include "tern/apps/parse_errors.hpp"

#include <CLI/CLI.hpp>

#include "tern/apps/command_list.hpp"
#include "tern/apps/flags.hpp"

namespace tern::apps {

void rethrow_parse_error(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App* command = &app;
    while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
    const std::string where = full_name(*command);
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        const std::vector<std::string> extras = app.remaining(true);
        const std::string first = extras.empty() || extras.front().empty() ? "\"\"" : extras.front();
        const std::string names = command_names(*command);
        if (!names.empty() && !first.starts_with('-'))
            usage_error(where, "no command ", first, ", only ", names);
        usage_error(where, "takes no ", first, "; see ", where, " --help");
    }
    const std::string text = error.what();
    // "--lr: 1 required X missing"
    const std::string flag = text.substr(0, text.find(':'));
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && flag.starts_with("--"))
        usage_error(flag, "takes one value, once; see ", where, " --help");
    // "Could not convert: --json = maybe": a flag without a value was given one
    const std::size_t start = text.find("--"), equals = text.find(" = ");
    if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr && start < equals &&
        equals != std::string::npos)
        usage_error(text.substr(start, equals - start), "takes no value, or true or false, got ",
                    text.substr(equals + 3));
    usage_error(where, text, "; see ", where, " --help");
}

}  // namespace tern::apps
