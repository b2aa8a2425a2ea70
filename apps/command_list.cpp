#include "tern/apps/command_list.hpp"

#include <CLI/CLI.hpp>

#include "tern/apps/flags.hpp"

namespace tern::apps {

// At most one: a word after a command is that command's, also where another command has its name.
CommandList::CommandList(CLI::App& app) : app_(app) { app.require_subcommand(0, 1); }

void CommandList::add(const char* name, const char* about, Run (*add_command)(CLI::App&)) {
    CLI::App* command = app_.add_subcommand(name, about);
    commands_.emplace_back(command, add_command(*command));
}

void CommandList::run() const {
    for (const auto& [command, run_command] : commands_) {
        if (command->parsed()) return run_command();
    }
    const std::string name = full_name(app_);
    usage_error(name, "needs a command: ", command_names(app_), "; see ", name, " --help");
}

std::string full_name(const CLI::App& app) {
    const CLI::App* parent = app.get_parent();
    return parent == nullptr ? app.get_name() : to_text(full_name(*parent), ' ', app.get_name());
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string command_names(const CLI::App& app) {
    std::string names;
    for (const CLI::App* command : commands_of(app))
        names += to_text(names.empty() ? "" : ", ", command->get_name());
    return names;
}

}  // namespace tern::apps
