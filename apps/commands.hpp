// The commands of the program: each adds itself with its flags, and runs when it is chosen.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace tern::apps {

using Run = std::function<void()>;

Run add_train_command(CLI::App& app);
Run add_evaluate_command(CLI::App& app);
Run add_average_command(CLI::App& app);
Run add_predict_command(CLI::App& app);
Run add_prune_command(CLI::App& app);
Run add_quantize_command(CLI::App& app);
Run add_export_command(CLI::App& app);
Run add_report_command(CLI::App& app);
Run add_tune_command(CLI::App& app);
Run add_summary_command(CLI::App& app);
Run add_data_command(CLI::App& app);
Run add_data_fetch_command(CLI::App& app);
Run add_data_info_command(CLI::App& app);
Run add_data_synthesize_command(CLI::App& app);
Run add_data_import_command(CLI::App& app);
Run add_info_command(CLI::App& app);
Run add_completion_command(CLI::App& app);

}  // namespace tern::apps
