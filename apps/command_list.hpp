// The commands of the program, or those below one of them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tern/apps/commands.hpp"

namespace tern::apps {

class CommandList {
  public:
    explicit CommandList(CLI::App& app);

    void add(const char* name, const char* about, Run (*add_command)(CLI::App&));
    /// Runs the one that was chosen; throws UsageError where none was.
    void run() const;

  private:
    CLI::App& app_;
    std::vector<std::pair<CLI::App*, Run>> commands_;
};

/// "tern data info"
std::string full_name(const CLI::App& app);
/// Those directly below it, chosen or not.
std::vector<const CLI::App*> commands_of(const CLI::App& app);
/// Their names, "info, synthesize"; "" where there are none.
std::string command_names(const CLI::App& app);

}  // namespace tern::apps
