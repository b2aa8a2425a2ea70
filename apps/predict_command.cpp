#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/data/image.hpp"
#include "tern/training/predictor.hpp"

namespace tern::apps {
namespace {

using Json = nlohmann::ordered_json;

struct PredictFlags {
    Flag checkpoint, top_k, model, normalize, batch_size;
    RuntimeFlags runtime;
    bool json = false;
    std::vector<std::string> images;

    void add_to(CLI::App& app) {
        app.add_option("--checkpoint", checkpoint, "safetensors file with the weights")->type_name("FILE");
        app.add_option("IMAGE", images, "PNG, JPEG, PPM or PGM files")->type_name("");
        app.add_option("--top-k", top_k, "classes shown for each picture (default 3)")->type_name("N");
        app.add_option("--model", model, model_names() + " (for files that do not say it)")
            ->type_name("NAME");
        app.add_option("--normalize", normalize,
                       "unit|half (for files that do not say it; default: as the model's paper)")
            ->type_name("NAME");
        app.add_option("--batch-size", batch_size, "pictures at a time (default 256)")->type_name("N");
        app.add_flag("--json", json, "one JSON object on standard output");
        runtime.add_to(app);
    }
};

struct PredictSettings {
    PredictorOptions options;
    std::int64_t top_k = 3;

    explicit PredictSettings(const PredictFlags& flags) {
        if (!flags.checkpoint) usage_error("--checkpoint", "must name a weight file");
        if (flags.images.empty())
            usage_error("tern predict", "needs at least one picture; see tern predict --help");
        if (flags.top_k) top_k = parse_integer("--top-k", *flags.top_k, 1);
        if (flags.model) options.model = parse_model(*flags.model).name;
        if (flags.normalize)
            options.normalization = parse_choice("--normalize", *flags.normalize, {"unit", "half"});
        if (flags.batch_size) options.batch_size = parse_integer("--batch-size", *flags.batch_size, 1);
        const Runtime runtime = apply(flags.runtime);
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

// The pictures that can be read, small as the network takes them, and a line for each of the others.
struct Pictures {
    std::vector<std::string> files;
    Tensors pixels;
    std::vector<std::string> failures;

    Pictures(const std::vector<std::string>& images, std::int64_t size) {
        for (const std::string& file : images) {
            try {
                pixels.push_back(fit_image(read_image(file), size));
                files.push_back(file);
            } catch (const Error& error) {
                failures.emplace_back(error.what());
            }
        }
    }
};

void print_json(const Predictor& predictor, const Pictures& pictures,
                const std::vector<std::vector<Prediction>>& predictions) {
    Json rows = Json::array();
    for (std::size_t n = 0; n < predictions.size(); ++n) {
        Json classes = Json::array();
        for (const Prediction& prediction : predictions[n])
            classes.push_back({{"class", prediction.name},
                               {"label", prediction.label},
                               {"probability", prediction.probability}});
        rows.push_back({{"file", pictures.files[n]}, {"classes", classes}});
    }
    const Json all{{"model", predictor.model_name()}, {"pictures", rows}, {"failures", pictures.failures}};
    std::puts(all.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

void print_table(const Pictures& pictures, const std::vector<std::vector<Prediction>>& predictions) {
    std::size_t width = 7;
    for (const std::string& file : pictures.files) width = std::max(width, one_line(file).size());
    const int columns = static_cast<int>(width);
    std::printf("%-*s  %-16s %11s\n", columns, "picture", "class", "probability");
    for (std::size_t n = 0; n < predictions.size(); ++n) {
        std::string file = one_line(pictures.files[n]);
        for (const Prediction& prediction : predictions[n]) {
            std::printf("%-*s  %-16s %11.4f\n", columns, file.c_str(), one_line(prediction.name).c_str(),
                        prediction.probability);
            file.clear();
        }
    }
}

void run(const PredictFlags& flags) {
    const PredictSettings settings(flags);
    const Predictor predictor = make_predictor(flags, settings);
    const Pictures pictures(flags.images, predictor.image_size());
    if (!pictures.files.empty() || flags.json) {
        const auto predictions = predictor.predict(pictures.pixels, settings.top_k);
        flags.json ? print_json(predictor, pictures, predictions) : print_table(pictures, predictions);
    }
    if (pictures.failures.empty()) return;
    std::fflush(stdout);
    for (std::size_t i = 0; i + 1 < pictures.failures.size(); ++i)
        std::fprintf(stderr, "tern: %s\n", one_line(pictures.failures[i]).c_str());
    throw Error(pictures.failures.back());
}

}  // namespace

Run add_predict_command(CLI::App& app) {
    const auto flags = std::make_shared<PredictFlags>();
    flags->add_to(app);
    app.footer("Examples:\n  tern predict --checkpoint runs/RUN/last.safetensors cat.png photos/dog/*.png");
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
