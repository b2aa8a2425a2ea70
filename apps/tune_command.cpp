#include <cstdio>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/output_flag.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/apps/tuning_file.hpp"
#include "tern/core/files/output.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/training/tuner.hpp"

namespace tern::apps {
namespace {

struct TuneFlags {
    Flag model, batch_size, out;
    RuntimeFlags runtime;

    void add_to(CLI::App& app) {
        add_option(app, "--model", model, "NAME", model_names() + " (default mini_xception)");
        add_option(app, "--batch-size", batch_size, "N",
                   "images per step (default: the model's published one)");
        add_option(app, "--out", out, "FILE", "file to write the table to");
        runtime.add_to(app);
        add_footer(app,
                   "Examples:\n"
                   "  tern tune --batch-size 64 --precision bfloat16 --out tuning.toml\n"
                   "  tern train --batch-size 64 --precision bfloat16 --tuning tuning.toml");
    }
};

void print_row(std::FILE* out, const TunedProblem& tuned) {
    std::string times;
    for (const auto& [name, seconds] : tuned.timings)
        times += formatted("  %s %.1f", std::string(name).c_str(), seconds * 1e6);
    std::fprintf(out, "%s\n   %s -> %s\n", tuned.problem.c_str(), times.c_str(),
                 std::string(tuned.fastest).c_str());
}

void run(const TuneFlags& flags) {
    if (!flags.out) usage_error("--out", "must name the file to write");
    if (flags.runtime.kernels || flags.runtime.tuning)
        usage_error(flags.runtime.kernels ? "--kernels" : "--tuning", "has no meaning for tern tune");
    const ModelInfo& info = parse_model(flags.model.value_or("mini_xception"));
    const std::int64_t batch_size =
        flags.batch_size ? parse_integer("--batch-size", *flags.batch_size, 1, 65536) : info.batch_size;
    const Runtime runtime = flags.runtime.settings();
    apply(runtime);
    check_output_flag("--out", *flags.out);
    std::FILE* const out = text_stream(flags.out);
    set_kernel_policy({});

    const Dataset dataset = make_synthetic({.train_samples = batch_size}, Split::train);
    const DatasetSource source(
        dataset, {make_normalization(info.normalization, dataset), runtime.precision, runtime.device});
    const std::unique_ptr<Module> model = make_model(info.name);
    model->to(compute_dtype(runtime.precision));
    model->to(runtime.device);
    const std::string device = tuning_device(runtime.device);
    std::fprintf(out, "%s, batches of %lld, %s, on %s: microseconds\n", std::string(info.name).c_str(),
                 static_cast<long long>(batch_size), std::string(name_of(runtime.precision)).c_str(),
                 device.c_str());
    const std::vector<TunedProblem> problems = tune(*model, source, batch_size);
    double usual = 0, fastest = 0;
    for (const TunedProblem& tuned : problems) {
        print_row(out, tuned);
        usual += tuned.seconds_of(tuned.usual);
        fastest += tuned.seconds_of(tuned.fastest);
    }
    const TuningTable::Choices choices = choices_of(problems);
    const std::string text = tuning_to_toml(choices, device,
                                            to_text("tern tune --model ", info.name, " --batch-size ",
                                                    batch_size, " --precision ", name_of(runtime.precision)));
    write_output(*flags.out, std::as_bytes(std::span(text)));
    std::fprintf(out, "%zu problems with a choice, each once: %.1f us as usual, %.1f us by the table\n",
                 problems.size(), usual * 1e6, fastest * 1e6);
    std::fprintf(out, "%zu other choices in %s\n", choices.size(), one_line(*flags.out).c_str());
}

}  // namespace

Run add_tune_command(CLI::App& app) {
    const auto flags = std::make_shared<TuneFlags>();
    flags->add_to(app);
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
