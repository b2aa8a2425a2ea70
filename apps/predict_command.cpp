#include <algorithm>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/evaluated_model.hpp"
#include "tern/apps/failure.hpp"
#include "tern/apps/image_stream.hpp"
#include "tern/apps/interrupt.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/output_flag.hpp"
#include "tern/apps/prediction_rows.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/training/loader.hpp"
#include "tern/training/predictor.hpp"

namespace tern::apps {
namespace {

struct PredictFlags {
    Flag checkpoint, list, top_k, model, normalize, batch_size, workers, output;
    RuntimeFlags runtime;
    bool json = false;
    std::vector<std::string> images;

    void add_to(CLI::App& app) {
        add_option(app, "--checkpoint", checkpoint, "FILE", "safetensors file with the weights");
        add_option(app, "IMAGE", images, "", "images, folders of them, or - for an image on standard input");
        add_option(app, "--list", list, "FILE",
                   "file with a name of an image or a folder in each line; - is standard input");
        add_option(app, "--top-k", top_k, "N", "classes shown for each image (default 3)");
        add_option(app, "--model", model, "NAME", model_names() + " (for files that do not say it)");
        add_option(app, "--normalize", normalize, "NAME",
                   "unit|half (for files that do not say it; default: the model's published one)");
        add_option(app, "--batch-size", batch_size, "N", "images at a time (default 256)");
        add_option(app, "--workers", workers, "N",
                   "threads that read images ahead of the network (default 0: they are read when needed)");
        add_option(app, "--output", output, "FILE", "writes predictions there: FILE.csv or FILE.jsonl");
        add_flag(app, "--json", json, "one JSON object on standard output");
        runtime.add_to(app);
    }
};

struct PredictSettings {
    PredictorOptions options;
    std::int64_t top_k = 3;
    int workers = 0;
    Runtime runtime;

    explicit PredictSettings(const PredictFlags& flags) {
        if (!flags.checkpoint) usage_error("--checkpoint", "must name a weight file");
        if (flags.images.empty() && !flags.list)
            usage_error("tern predict", "needs at least one image; see tern predict --help");
        if (flags.top_k) top_k = parse_integer("--top-k", *flags.top_k, 1);
        if (flags.model) options.model = parse_model(*flags.model).name;
        if (flags.normalize)
            options.normalization = parse_choice("--normalize", *flags.normalize, {"unit", "half"});
        if (flags.batch_size) options.batch_size = parse_integer("--batch-size", *flags.batch_size, 1);
        if (flags.workers)
            workers = static_cast<int>(parse_integer("--workers", *flags.workers, 0, Loader::kMostWorkers));
        if (flags.output) check_output(flags);
        runtime = flags.runtime.settings();
        options.device = runtime.device;
        options.precision = runtime.precision;
    }

  private:
    static void check_output(const PredictFlags& flags) {
        if (flags.json) usage_error("--json", "prints what --output writes to a file: name one of the two");
        std::vector<std::filesystem::path> read(flags.images.begin(), flags.images.end());
        for (const Flag& file : {flags.checkpoint, flags.list, flags.runtime.tuning})
            if (file) read.emplace_back(*file);
        check_output_flag("--output", *flags.output, read);
        if (!is_prediction_file(*flags.output))
            usage_error("--output", "must end in .csv or .jsonl, got ", *flags.output);
    }
};

Predictor make_predictor(const PredictFlags& flags, const PredictSettings& settings) {
    const Weights weights = read_weights(*flags.checkpoint);
    check_model_is_known(weights, !settings.options.model.empty());
    return Predictor(weights, settings.options);
}

// So many names the table's first column is made for, whatever the batch size: all of a million are not waited for.
constexpr std::size_t kNamesForWidth = 1000;

std::unique_ptr<PredictionRows> make_rows(const PredictFlags& flags, const Predictor& predictor,
                                          const ImageStream& images) {
    if (flags.output) return make_file_rows(*flags.output);
    if (flags.json) return make_json_rows(predictor.model_name());
    std::size_t width = std::string_view("image").size();
    for (const ImageName& name : images.first_names())
        if (!name.failure) width = std::max(width, one_line(name.name).size());
    return make_table_rows(width);
}

// Those that come next, failures among them.
std::vector<ReadImage> next_batch(ImageStream& images, std::int64_t size) {
    std::vector<ReadImage> batch;
    while (std::ssize(batch) < size) {
        std::optional<ReadImage> image = images.next();
        if (!image) break;
        batch.push_back(std::move(*image));
    }
    return batch;
}

struct Counts {
    long long images = 0, failures = 0;
};

// In the order of the batch.
void predict(const Predictor& predictor, const std::vector<ReadImage>& batch, std::int64_t top_k,
             PredictionRows& rows, Counts& counts) {
    Tensors pixels;
    for (const ReadImage& image : batch)
        if (!image.failure) pixels.push_back(image.pixels);
    const auto predictions = predictor.predict(pixels, top_k);
    auto next = predictions.begin();
    for (const ReadImage& image : batch) {
        if (image.failure) {
            warn(image.failure->what());
            rows.add_failure(image.name, *image.failure);
        } else {
            rows.add(image.name, *next++);
        }
        ++(image.failure ? counts.failures : counts.images);
    }
    rows.flush();
}

[[noreturn]] void interrupted(const SignalWatch& signals, const PredictFlags& flags, const Counts& counts) {
    throw Interrupted(signals.signal(), to_text("stopped after ", format_count(counts.images), " images",
                                                flags.output ? "; not written: " + *flags.output : ""));
}

void tell(const Counts& counts, std::size_t others) {
    if (others > 0)
        warn(to_text("files that are not images, skipped: ", format_count(static_cast<long long>(others))));
    if (counts.failures == 0) return;
    if (counts.failures > 1)
        warn(to_text("failures: ", format_count(counts.failures), ", images: ", format_count(counts.images)));
    throw SaidFailure();
}

void run(const PredictFlags& flags) {
    const PredictSettings settings(flags);
    apply(settings.runtime);
    const Predictor predictor = make_predictor(flags, settings);
    const SignalWatch signals;
    const bool is_table = !flags.json && !flags.output;
    const auto batch_size = static_cast<std::size_t>(settings.options.batch_size);
    ImageStream images(flags.images, flags.list, signals,
                       {.size = predictor.image_size(),
                        .workers = settings.workers,
                        .ahead = batch_size + static_cast<std::size_t>(settings.workers),
                        .names = is_table ? kNamesForWidth : 0});
    const std::unique_ptr<PredictionRows> rows = make_rows(flags, predictor, images);
    Counts counts;
    for (;;) {
        const std::vector<ReadImage> batch = next_batch(images, settings.options.batch_size);
        if (signals.signal() != 0) interrupted(signals, flags, counts);
        if (batch.empty()) break;
        predict(predictor, batch, settings.top_k, *rows, counts);
    }
    rows->finish();
    tell(counts, images.other_files());
}

}  // namespace

Run add_predict_command(CLI::App& app) {
    const auto flags = std::make_shared<PredictFlags>();
    flags->add_to(app);
    add_footer(app,
               "Examples:\n  tern predict --checkpoint runs/RUN/last.safetensors cat.png photos/dog\n"
               "  ls photos/* | tern predict --checkpoint last.safetensors --list -\n"
               "  tern predict --checkpoint last.safetensors photos --output photos.csv");
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
