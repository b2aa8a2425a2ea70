// tern data: the commands about data sets. Each has a file of its own.
#include <memory>

#include "tern/apps/command_list.hpp"

namespace tern::apps {

Run add_data_command(CLI::App& app) {
    const auto commands = std::make_shared<CommandList>(app);
    commands->add("fetch", "Downloads CIFAR-10", add_data_fetch_command);
    return [commands] { commands->run(); };
}

}  // namespace tern::apps
