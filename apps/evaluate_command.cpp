#include <cstdio>

#include <nlohmann/json.hpp>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/data_flags.hpp"
#include "tern/apps/evaluated_model.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/output_flag.hpp"
#include "tern/apps/report_tables.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/core/files/safetensors.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/layers/ensemble.hpp"
#include "tern/models/registry.hpp"
#include "tern/training/calibration.hpp"
#include "tern/training/classification_report.hpp"
#include "tern/training/evaluation.hpp"
#include "tern/training/weights.hpp"

namespace tern::apps {
namespace {

using Json = nlohmann::ordered_json;

struct EvaluateFlags {
    std::vector<std::string> checkpoints;
    DataFlags data;
    Flag split, model, normalize, batch_size, top_k, logits;
    RuntimeFlags runtime;
    bool json = false;

    void add_to(CLI::App& app) {
        add_option(app, "--checkpoint", checkpoints, "FILE...",
                   "safetensors file to evaluate; of several the mean of their probabilities");
        data.add_to(app);
        add_option(app, "--split", split, "NAME", "test|train (default test)");
        add_option(app, "--model", model, "NAME", model_names() + " (for files that do not say it)");
        add_option(app, "--normalize", normalize, "NAME",
                   "for files that do not say it (default: the model's published one)");
        add_option(app, "--batch-size", batch_size, "N", "images at a time (default 256)");
        add_option(app, "--top-k", top_k, "N", "also count labels among the N likeliest classes (default 5)");
        add_option(app, "--logits", logits, "FILE",
                   "write logits (N, K) float32 and labels (N) int64 to this safetensors file");
        add_flag(app, "--json", json, "one JSON object on standard output");
        runtime.add_to(app);
        add_footer(app,
                   "Examples:\n"
                   "  tern evaluate --checkpoint runs/try/best.safetensors --data ~/.cache/tern\n"
                   "  tern evaluate --checkpoint best.safetensors --data synthetic --json");
    }
};

// What the command line says, checked before anything is read.
struct EvaluateSettings {
    DataChoice data;
    Split split = Split::test;
    Flag model, normalize;
    std::int64_t batch_size = 256, top_k = 5;
    Runtime runtime;

    explicit EvaluateSettings(const EvaluateFlags& flags) : data(flags.data.choice()), model(flags.model) {
        if (flags.checkpoints.empty()) usage_error("--checkpoint", "must name a weight file");
        split = parse_split(parse_choice("--split", flags.split.value_or("test"), {"test", "train"}));
        if (model) parse_model(*model);
        if (flags.normalize) normalize = parse_normalize(*flags.normalize);
        if (flags.batch_size) batch_size = parse_integer("--batch-size", *flags.batch_size, 1);
        if (flags.top_k) top_k = parse_integer("--top-k", *flags.top_k, 1);
        runtime = flags.runtime.settings();
    }
};

std::string model_name(const EvaluateSettings& settings, const Weights& weights) {
    check_model_is_known(weights, settings.model.has_value());
    return settings.model ? *settings.model : weights.info->model;
}

Normalization normalization_of(const EvaluateSettings& settings, const Weights& weights,
                               const Dataset& data) {
    if (!settings.normalize && weights.info) return weights.info->normalization;
    const ModelInfo& model = find_model(model_name(settings, weights));
    const std::string name = settings.normalize.value_or(std::string(model.normalization));
    // "dataset" means the images that were trained on.
    const bool other = name == "dataset" && settings.split != Split::train;
    return make_normalization(name, other ? load_split(settings.data, Split::train) : data);
}

void write_logits(const std::string& file, const Evaluation& evaluation, const Dataset& data) {
    const std::span<const std::int32_t> labels = data.targets.elements<std::int32_t>();
    const std::vector<std::int64_t> wide(labels.begin(), labels.end());
    const Tensor logits = evaluation.outputs.dtype() == DType::float32
                              ? evaluation.outputs
                              : cast(evaluation.outputs, DType::float32);
    write_safetensors(file, {{{"logits", logits}, {"labels", Tensor::from({data.size()}, wide)}}, {}});
}

Json scores_json(const ClassScores& scores, const std::string& name) {
    return {{"class", name},
            {"precision", scores.precision},
            {"recall", scores.recall},
            {"f1", scores.f1},
            {"support", scores.support},
            {"predicted", scores.predicted},
            {"correct", scores.correct},
            {"absent", scores.absent()}};
}

void check_logits(const EvaluateFlags& flags, const Dataset& data) {
    if (!flags.logits) return;
    std::vector<std::filesystem::path> read = files_of_set(data);
    read.insert(read.end(), flags.checkpoints.begin(), flags.checkpoints.end());
    if (flags.runtime.tuning) read.emplace_back(*flags.runtime.tuning);
    check_output_flag("--logits", *flags.logits, read);
}

// A file of several, by itself.
struct Member {
    std::string file;
    TotalsRead totals;
};

void print_json(std::FILE* out, const std::vector<Member>& members, const Evaluation& evaluation,
                const ClassificationReport& report, const Calibration& calibration, const Dataset& data) {
    Json classes = Json::array();
    for (std::size_t k = 0; k < data.classes.size(); ++k)
        classes.push_back(scores_json(report.classes[k], data.classes[k]));
    const Json macro{{"precision", report.precision}, {"recall", report.recall}, {"f1", report.f1}};
    const TotalsRead::Value& top_k = evaluation.totals.metrics.front();
    Json all{{"samples", evaluation.totals.samples},
             {"loss", evaluation.totals.loss},
             {"accuracy", report.accuracy},
             {top_k.metric, top_k.value},
             {"calibration", calibration_json(calibration)},
             {"macro", macro},
             {"classes", classes},
             {"confusion", confusion_json(evaluation.confusion)}};
    for (const auto& [file, totals] : members)
        all["members"].push_back(
            {{"checkpoint", file}, {"loss", totals.loss}, {"accuracy", totals.metric("accuracy")}});
    std::fprintf(out, "%s\n", all.dump().c_str());
}

// Images are normalised once for all members.
Normalization common_normalization(const EvaluateSettings& settings, const std::vector<Weights>& files,
                                   const Dataset& data) {
    const Normalization first = normalization_of(settings, files.front(), data);
    for (const Weights& weights : files) {
        const Normalization own = normalization_of(settings, weights, data);
        TERN_CHECK(own.same_numbers(first), weights.file,
                   "was trained on pixels of another normalization than ", files.front().file);
    }
    return first;
}

void run(const EvaluateFlags& flags) {
    const EvaluateSettings settings(flags);
    apply(settings.runtime);
    std::vector<Weights> files;
    for (const std::string& file : flags.checkpoints) {
        files.push_back(read_weights(file));
        model_name(settings, files.back());
    }
    const Dataset data = load_split(settings.data, settings.split);
    check_logits(flags, data);
    std::vector<std::unique_ptr<Module>> models;
    for (const Weights& weights : files)
        models.push_back(
            load_evaluated_model(model_name(settings, weights), weights, data, settings.runtime));
    const DatasetSource source(data, {common_normalization(settings, files, data), settings.runtime.precision,
                                      settings.runtime.device});
    std::vector<Member> members;
    for (std::size_t i = 0; i < models.size() && models.size() > 1; ++i)
        members.push_back(
            {files[i].file, evaluate(*models[i], source, {.batch_size = settings.batch_size}).totals});
    const std::string name =
        models.size() == 1 ? model_name(settings, files.front()) : to_text("ensemble of ", models.size());
    const std::unique_ptr<Module> model =
        models.size() == 1 ? std::move(models.front()) : std::make_unique<Ensemble>(std::move(models));
    Calibration calibration;
    const Evaluation evaluation = evaluate(*model, source,
                                           {.batch_size = settings.batch_size,
                                            .metrics = {top_k_accuracy(settings.top_k)},
                                            .confusion = true,
                                            .keep_outputs = flags.logits.has_value(),
                                            .after_batch = [&](const Tensor& logits, const Tensor& labels) {
                                                calibration.add(logits, labels);
                                            }});
    if (flags.logits) write_logits(*flags.logits, evaluation, data);
    const ClassificationReport report = make_report(evaluation.confusion);
    std::FILE* const out = text_stream(flags.logits);
    if (flags.json) return print_json(out, members, evaluation, report, calibration, data);
    for (const auto& [file, totals] : members)
        std::fprintf(out, "loss %.4f, accuracy %.4f: %s\n", totals.loss, totals.metric("accuracy"),
                     one_line(file).c_str());
    std::fprintf(out, "%s on %lld %s samples of %s\n", name.c_str(), static_cast<long long>(data.size()),
                 std::string(name_of(settings.split)).c_str(), one_line(data.source).c_str());
    std::fprintf(out, "loss %.4f, accuracy %.4f, top-%lld accuracy %.4f, calibration error %.4f\n",
                 evaluation.totals.loss, report.accuracy, static_cast<long long>(settings.top_k),
                 evaluation.totals.metrics.front().value, calibration.error());
    std::fputs(scores_table(report, data.classes).c_str(), out);
    std::fputs(confusion_table(evaluation.confusion, data.classes, wants_colour(out)).c_str(), out);
}

}  // namespace

Run add_evaluate_command(CLI::App& app) {
    const auto flags = std::make_shared<EvaluateFlags>();
    flags->add_to(app);
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
