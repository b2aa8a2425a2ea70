#include <cstdio>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/data_flags.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/output_flag.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/models/registry.hpp"
#include "tern/training/average_weights.hpp"
#include "tern/training/evaluation.hpp"
#include "tern/training/precise_statistics.hpp"

namespace tern::apps {
namespace {

struct AverageFlags {
    std::vector<std::string> files;
    DataFlags data;
    Flag shares, samples, batch_size, output;
    RuntimeFlags runtime;

    void add_to(CLI::App& app) {
        add_option(app, "FILE", files, "", "safetensors files of one model, made by tern");
        add_option(app, "--shares", shares, "X,X,...", "of each file in the average (default: equal)");
        data.add_to(app);
        add_option(app, "--samples", samples, "N",
                   "training images that running statistics are taken anew over (default 10000)");
        add_option(app, "--batch-size", batch_size, "N", "images at a time (default 256)");
        add_option(app, "--output", output, "FILE", "safetensors file to write");
        runtime.add_to(app);
        add_footer(app,
                   "Examples:\n"
                   "  tern average a.safetensors b.safetensors --output mean.safetensors");
    }
};

std::vector<double> parse_shares(const AverageFlags& flags) {
    std::vector<double> shares(flags.files.size(), 1);
    if (!flags.shares) return shares;
    shares.clear();
    for (const std::string& part : split_at_commas(*flags.shares))
        shares.push_back(parse_number("--shares", part, {.low = 0, .low_included = false}));
    if (shares.size() != flags.files.size())
        usage_error("--shares", "must be one for each of the ", flags.files.size(), " files, got ",
                    shares.size());
    return shares;
}

// What the command line says, checked before anything is read.
struct AverageSettings {
    DataChoice data;
    std::vector<double> shares;
    std::int64_t samples = 10'000, batch_size = 256;
    Runtime runtime;

    explicit AverageSettings(const AverageFlags& flags)
        : data(flags.data.choice()), shares(parse_shares(flags)) {
        if (flags.files.size() < 2)
            usage_error("tern average", "needs at least two weight files, got ", flags.files.size());
        if (!flags.output) usage_error("--output", "must name the weight file to write");
        if (flags.samples) samples = parse_integer("--samples", *flags.samples, 1);
        if (flags.batch_size) batch_size = parse_integer("--batch-size", *flags.batch_size, 1);
        runtime = flags.runtime.settings();
    }
};

void print_row(const std::string& name, const TotalsRead& totals) {
    std::printf("%9.4f  %9.4f  %s\n", totals.loss, totals.metric("accuracy"), one_line(name).c_str());
}

void run(const AverageFlags& flags) {
    const AverageSettings settings(flags);
    apply(settings.runtime);
    check_output_flag("--output", *flags.output, {flags.files.begin(), flags.files.end()});
    std::vector<Weights> members;
    for (const std::string& file : flags.files) members.push_back(read_weights(file));
    Weights mean = average_weights(members, settings.shares);
    mean.file = *flags.output;

    const Dataset train = load_split(settings.data, Split::train),
                  test = load_split(settings.data, Split::test);
    check_classes(mean, train.classes, train.source);
    const WeightsInfo& info = *mean.info;
    const DatasetSourceOptions options{info.normalization, settings.runtime.precision,
                                       settings.runtime.device};
    const DatasetSource train_source(train, options), test_source(test, options);
    const std::unique_ptr<Module> model = make_model(info.model, model_options(train));
    model->to(compute_dtype(settings.runtime.precision));
    model->to(settings.runtime.device);
    const auto evaluated = [&] {
        return evaluate(*model, test_source, {.batch_size = settings.batch_size}).totals;
    };
    std::printf("%9s  %9s  of %s tests\n", "loss", "accuracy", format_count(test.size()).c_str());
    for (const Weights& member : members) {
        load_weights(*model, info.model, member);
        print_row(member.file, evaluated());
    }
    load_weights(*model, info.model, mean);
    model->train();
    take_precise_statistics(*model, train_source, settings.samples, settings.batch_size);
    print_row(mean.file + ", their average", evaluated());
    model->to(Device::cpu());
    save_weights(*flags.output, *model, info);
}

}  // namespace

Run add_average_command(CLI::App& app) {
    const auto flags = std::make_shared<AverageFlags>();
    flags->add_to(app);
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
