#include "tern/apps/report/report.hpp"

#include <cstdio>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/data_flags.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/output_flag.hpp"
#include "tern/apps/report/machine.hpp"
#include "tern/core/files/output.hpp"

namespace tern::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestPage = 1'500'000;  // bytes, for mail and code reviews
constexpr std::size_t kMostMistakes = 24;
constexpr std::int64_t kMostBatchImages = 48;

struct ReportFlags {
    std::vector<std::string> runs;
    Flag data, output;
    RuntimeFlags runtime;

    void add_to(CLI::App& app) {
        add_option(app, "RUN", runs, "", "folders of runs, as tern train makes them");
        add_option(app, "--output", output, "FILE",
                   "the page to write (default, for one run: report.html in it)");
        add_option(app, "--data", data, "DIR", "where the runs' data is now (default: where it was)");
        for (const RuntimeFlags::Row& row : RuntimeFlags::rows()) {
            const std::string_view name = row.name;
            if (name == "device" || name == "threads")
                add_option(app, to_text("--", name), runtime.*row.flag, row.type, row.help);
        }
        add_footer(app,
                   "Examples:\n  tern report runs/RUN\n"
                   "  tern report runs/one runs/two runs/three --output three.html");
    }
};

fs::path output_of(const ReportFlags& flags) {
    if (flags.runs.empty()) usage_error("tern report", "needs the folder of a run; see tern report --help");
    if (flags.output) return *flags.output;
    if (flags.runs.size() > 1)
        usage_error("--output", "must name the page to write, for ", flags.runs.size(), " runs");
    return fs::path(flags.runs.front()) / "report.html";
}

// What is read must not be replaced.
std::vector<fs::path> files_of(const report::Run& run) {
    std::vector<fs::path> files;
    for (const char* name :
         {"config.toml", "metrics.jsonl", "times.jsonl", "best.safetensors", "last.safetensors"})
        files.push_back(run.folder / name);
    return files;
}

// The path instead, where two have one name.
void tell_apart(std::vector<report::ReportedRun>& runs) {
    std::map<std::string, int> times;
    for (const report::ReportedRun& own : runs) ++times[own.run.name];
    for (report::ReportedRun& own : runs)
        if (times[own.run.name] > 1) own.run.name = own.run.folder.string();
}

void tell(const report::ReportedRun& own) {
    const auto& [run, tested, batch] = own;
    if (!tested.done()) warn(to_text(run.name, ": not evaluated: ", tested.why_not));
    if (!batch.why_not.empty() && batch.why_not != tested.why_not)
        warn(to_text(run.name, ": without a training batch: ", batch.why_not));
}

void run(const ReportFlags& flags) {
    const fs::path output = output_of(flags);
    if (flags.data) data_source(flags.data);
    const Runtime runtime = flags.runtime.settings();
    apply(runtime);
    report::Report all{{}, report::machine_name()};
    std::vector<fs::path> read;
    for (const std::string& folder : flags.runs) {
        for (const report::ReportedRun& other : all.runs)
            if (std::error_code error; fs::equivalent(other.run.folder, folder, error))
                usage_error("tern report", "has ", one_line(folder), " twice");
        all.runs.push_back({report::read_run(folder), {}, {}});
        const std::vector<fs::path> files = files_of(all.runs.back().run);
        read.insert(read.end(), files.begin(), files.end());
    }
    check_output_flag("--output", output.string(), read);
    tell_apart(all.runs);
    for (report::ReportedRun& own : all.runs) {
        own.tested = report::test_run(own.run, flags.data, runtime, kMostMistakes);
        own.batch = report::first_batch(own.run, flags.data, kMostBatchImages);
        tell(own);
    }
    const std::string page = report::page(all, kLargestPage);
    write_output(output, std::as_bytes(std::span(page)));
    std::FILE* const out = text_stream(output.string());
    std::fprintf(out, "report: %s, %s of %zu %s\n", one_line(output.string()).c_str(),
                 format_bytes(static_cast<double>(page.size())).c_str(), all.runs.size(),
                 all.runs.size() == 1 ? "run" : "runs");
    if (page.size() > kLargestPage)
        warn(to_text("the page is larger than ", format_bytes(kLargestPage),
                     ", also without images: fewer runs make it smaller"));
}

}  // namespace

Run add_report_command(CLI::App& app) {
    const auto flags = std::make_shared<ReportFlags>();
    flags->add_to(app);
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
