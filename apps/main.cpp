// tern: trains image classifiers. Exit status 0: done; 1: something failed; 2: the command line is wrong;
// 128 + signal: stopped in good order.
#include <csignal>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "tern/apps/command_list.hpp"
#include "tern/apps/failure.hpp"
#include "tern/apps/flags.hpp"
#include "tern/apps/help_formatter.hpp"
#include "tern/apps/interrupt.hpp"
#include "tern/apps/parse_errors.hpp"
#include "tern/apps/ranks.hpp"
#include "tern/core/files/file_descriptor.hpp"
#include "tern/version.hpp"

namespace tern::apps {
namespace {

void run(int argc, char** argv) {
    CLI::App app("tern trains image classifiers.", "tern");
    app.formatter(std::make_shared<HelpFormatter>());  // of all commands
    app.set_version_flag("--version", std::string("tern ") + kVersion);
    app.footer("tern COMMAND --help shows the flags of a command.");
    CommandList commands(app);
    commands.add("train", "Trains a model; a line of metrics per epoch", add_train_command);
    commands.add("evaluate", "Accuracy, precision, recall, F1 and confusion matrix of a weight file",
                 add_evaluate_command);
    commands.add("average", "One weight file out of several of one model", add_average_command);
    commands.add("predict", "The most likely classes of each image", add_predict_command);
    commands.add("prune", "A smaller model out of a weight file, to be trained on", add_prune_command);
    commands.add("quantize", "A weight file in 8 bits", add_quantize_command);
    commands.add("export", "An ONNX file of a weight file", add_export_command);
    commands.add("report", "One page of runs: results, curves, settings, mistakes, times",
                 add_report_command);
    commands.add("summary", "The layers of a model: shapes, parameters, multiply-adds, memory",
                 add_summary_command);
    commands.add("tune", "Measures which implementation of each operation is the fastest here",
                 add_tune_command);
    commands.add("data", "Downloads, describes, makes and imports data sets", add_data_command);
    commands.add("info", "This build, this CPU, the devices", add_info_command);
    commands.add("completion", "Prints a script for the shell's completion", add_completion_command);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {  // --help, --version
        app.exit(asked);
        return;
    } catch (const CLI::ParseError& error) {
        rethrow_parse_error(app, error);
    }
    commands.run();
}

}  // namespace
}  // namespace tern::apps

int main(int argc, char** argv) {
    tern::FileDescriptor::open_standard_streams();
    std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of write(), not the end
    try {
        tern::apps::join_launcher(argc, argv);
        tern::apps::run(argc, argv);
        tern::apps::leave_ranks();
        // A flush that failed before has dropped its text, and the last one succeeds.
        if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
        std::fputs("tern: [standard output] cannot be written\n", stderr);
        return 1;
    } catch (const tern::apps::Interrupted& interrupted) {
        return tern::apps::stop_with(interrupted.what(), interrupted.status());
    } catch (const tern::apps::SaidFailure&) {
        std::fflush(stdout);
        tern::apps::leave_ranks();
        return 1;
    } catch (const tern::apps::UsageError& error) {
        return tern::apps::end_with(error.what(), 2);
    } catch (const std::exception& error) {
        return tern::apps::end_with(tern::apps::failure_line(error), 1);
    }
}
