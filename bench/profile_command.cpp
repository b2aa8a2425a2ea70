#include "tern/bench/profile_command.hpp"

#include <algorithm>
#include <string_view>

#include "tern/apps/output_flag.hpp"
#include "tern/bench/command_flags.hpp"
#include "tern/bench/onednn.hpp"
#include "tern/bench/profile_report.hpp"
#include "tern/core/files/output.hpp"
#include "tern/core/threads/parallel.hpp"

namespace tern::bench {
namespace {

constexpr std::string_view kProfile = "--profile";
constexpr std::int64_t kMostSteps = 100000;

const std::vector<std::string_view> kBy{"operation", "layer", "both"};  // in the order of ProfileBy

struct Flags {
    apps::Flag model, batch_size, threads, steps, by, json, trace;
    bool inference = false, onednn = false;
};

ProfileBy parse_by(const std::string& text) {
    apps::parse_choice("--by", text, kBy);
    return static_cast<ProfileBy>(std::ranges::find(kBy, text) - kBy.begin());
}

void run(const Flags& flags) {
    ProfileSettings settings;
    settings.model = &parse_model(kProfile, flags.model.value_or(""));
    settings.inference = flags.inference;
    settings.onednn = flags.onednn;
    if (flags.onednn && !has_onednn())
        apps::usage_error("--onednn",
                          "this build has no oneDNN (configure with -DTERN_ONEDNN=ON; Debian packages "
                          "libdnnl-dev ocl-icd-opencl-dev)");
    if (flags.batch_size) settings.batch_size = parse_int("--batch-size", *flags.batch_size, kMostBatch);
    if (flags.steps) settings.steps = parse_int("--steps", *flags.steps, kMostSteps);
    if (flags.threads) set_num_threads(parse_int("--threads", *flags.threads, kMostThreads));
    const ProfileBy by = parse_by(flags.by.value_or("both"));
    if (flags.json) apps::check_output_flag("--json", *flags.json);
    if (flags.trace) apps::check_output_flag("--trace", *flags.trace);
    settings.trace = flags.trace.has_value();

    const Peaks peaks = measure_peaks();
    const StepProfile profile = profile_steps(settings);
    print_profile(profile, settings, peaks, by);
    if (flags.json) write_profile(*flags.json, profile, settings, peaks);
    if (flags.trace) write_output(*flags.trace, std::as_bytes(std::span(profile.trace())));
}

}  // namespace

bool asks_for_profile(int argc, char** argv) { return asks_for(kProfile, argc, argv); }

void run_profile(int argc, char** argv) {
    Flags flags;
    CLI::App app("One training step by operation and layer.", "tern-bench --profile");
    app.add_option(std::string(kProfile), flags.model, model_names() + " (default mini_xception)")
        ->type_name("MODEL")
        ->expected(0, 1);
    app.add_option("--batch-size", flags.batch_size, "images per step (default 64)")->type_name("N");
    app.add_option("--threads", flags.threads, "default: TERN_THREADS, else all CPUs")->type_name("N");
    app.add_option("--steps", flags.steps, "measured steps, after warm-up (default 10)")->type_name("N");
    app.add_option("--by", flags.by, "a row for each (default both)")->type_name(apps::join_choices(kBy));
    app.add_flag("--inference", flags.inference, "the forward pass in evaluation mode alone");
    app.add_flag("--onednn", flags.onednn, "oneDNN on the same problems beside it");
    app.add_option("--json", flags.json, "the numbers into a file, too")->type_name("FILE");
    app.add_option("--trace", flags.trace, "the steps as a Chrome trace (Perfetto)")->type_name("FILE");
    if (parse(app, argc, argv)) run(flags);
}

}  // namespace tern::bench
