#include <algorithm>
#include <cstdio>
#include <span>

#include <nlohmann/json.hpp>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/image_names.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/data/image.hpp"
#include "tern/training/predictor.hpp"

namespace tern::apps {
namespace {

using Json = nlohmann::ordered_json;

struct PredictFlags {
    Flag checkpoint, list, top_k, model, normalize, batch_size;
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
        add_flag(app, "--json", json, "one JSON object on standard output");
        runtime.add_to(app);
    }
};

struct PredictSettings {
    PredictorOptions options;
    std::int64_t top_k = 3;
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
        runtime = flags.runtime.settings();
        options.device = runtime.device;
        options.precision = runtime.precision;
    }
};

Predictor make_predictor(const PredictFlags& flags, const PredictSettings& settings) {
    const Weights weights = read_weights(*flags.checkpoint);
    if (!weights.info && settings.options.model.empty())
        usage_error("--model", "must name the model, because ", weights.file, " does not");
    return Predictor(weights, settings.options);
}

// The images of some names, small as the network takes them, and a line for each that cannot be read.
struct Images {
    std::vector<std::string> files;
    Tensors pixels;
    std::vector<Error> failures;

    Images(std::span<const std::string> names, std::int64_t size) {
        for (const std::string& name : names) {
            try {
                pixels.push_back(
                    fit_image(name == kStandardInput ? read_standard_input() : read_image(name), size));
                files.push_back(name);
            } catch (const Error& error) {
                failures.push_back(error);
            }
        }
    }
};

using Predictions = std::vector<std::vector<Prediction>>;

void add_rows(const Images& images, const Predictions& predictions, Json& rows) {
    for (std::size_t n = 0; n < predictions.size(); ++n) {
        Json classes = Json::array();
        for (const Prediction& prediction : predictions[n])
            classes.push_back({{"class", prediction.name},
                               {"label", prediction.label},
                               {"probability", prediction.probability}});
        rows.push_back({{"file", images.files[n]}, {"classes", classes}});
    }
}

void print_rows(const Images& images, const Predictions& predictions, std::size_t width) {
    const int columns = static_cast<int>(width);
    for (std::size_t n = 0; n < predictions.size(); ++n) {
        std::string file = one_line(images.files[n]);
        for (const Prediction& prediction : predictions[n]) {
            std::printf("%-*s  %-16s %11.4f\n", columns, file.c_str(), one_line(prediction.name).c_str(),
                        prediction.probability);
            file.clear();
        }
    }
    std::fflush(stdout);
}

void tell(const std::vector<Error>& failures, std::size_t others) {
    if (others > 0)
        warn(to_text("files that are not images, skipped: ", format_count(static_cast<long long>(others))));
    if (failures.empty()) return;
    for (std::size_t i = 0; i + 1 < failures.size(); ++i) warn(failures[i].what());
    throw Error(failures.back());
}

void run(const PredictFlags& flags) {
    const PredictSettings settings(flags);
    apply(settings.runtime);
    const Predictor predictor = make_predictor(flags, settings);
    const ImageNames names = image_names(flags.images, flags.list);
    for (const std::string& note : names.notes) warn(note);
    std::size_t width = std::string_view("image").size();
    for (const std::string& name : names.files) width = std::max(width, one_line(name).size());

    Json rows = Json::array();
    std::vector<Error> failures = names.failures;
    bool begun = false;
    const auto piece = static_cast<std::size_t>(settings.options.batch_size);
    for (std::size_t at = 0; at < names.files.size(); at += piece) {
        const Images images(std::span(names.files).subspan(at, std::min(piece, names.files.size() - at)),
                            predictor.image_size());
        failures.insert(failures.end(), images.failures.begin(), images.failures.end());
        if (images.files.empty()) continue;
        const Predictions predictions = predictor.predict(images.pixels, settings.top_k);
        if (flags.json) {
            add_rows(images, predictions, rows);
            continue;
        }
        if (!begun)
            std::printf("%-*s  %-16s %11s\n", static_cast<int>(width), "image", "class", "probability");
        begun = true;
        print_rows(images, predictions, width);
    }
    if (flags.json) {
        Json lines = Json::array();
        for (const Error& failure : failures) lines.push_back(failure.what());
        const Json all{{"model", predictor.model_name()}, {"images", rows}, {"failures", lines}};
        std::puts(all.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    }
    std::fflush(stdout);
    tell(failures, names.other_files);
}

}  // namespace

Run add_predict_command(CLI::App& app) {
    const auto flags = std::make_shared<PredictFlags>();
    flags->add_to(app);
    add_footer(app,
               "Examples:\n  tern predict --checkpoint runs/RUN/last.safetensors cat.png photos/dog\n"
               "  ls photos/* | tern predict --checkpoint last.safetensors --list -");
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
