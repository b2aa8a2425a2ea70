// tern data: the commands about data sets. Each has a file of its own.
#include <memory>

#include "tern/apps/command_list.hpp"

namespace tern::apps {

Run add_data_command(CLI::App& app) {
    const auto commands = std::make_shared<CommandList>(app);
    commands->add("fetch", "Downloads CIFAR-10", add_data_fetch_command);
    commands->add("info", "Samples, classes, means and deviations of a set", add_data_info_command);
    commands->add("synthesize", "Writes a synthetic set in CIFAR-10's layout", add_data_synthesize_command);
    commands->add("import", "Turns folders of images into a set of two files", add_data_import_command);
    return [commands] { commands->run(); };
}

}  // namespace tern::apps
