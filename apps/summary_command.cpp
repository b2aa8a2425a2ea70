#include <cstdio>
#include <utility>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/models/describe.hpp"
#include "tern/training/complete_info.hpp"

namespace tern::apps {
namespace {

struct SummaryFlags {
    Flag model, classes, checkpoint;
};

struct Described {
    std::string name;
    Shape image;
    std::unique_ptr<Module> model;
};

Described registered(const SummaryFlags& flags) {
    const ModelInfo& info = parse_model(flags.model.value_or("mini_xception"));
    const std::int64_t classes =
        flags.classes ? parse_integer("--classes", *flags.classes, 1, Dataset::kMostClasses) : 10;
    return {info.name, info.image, make_model(info.name, {classes, 0})};
}

Described of_file(const SummaryFlags& flags) {
    for (const auto& [name, flag] : {std::pair("--model", flags.model), {"--classes", flags.classes}})
        if (flag) usage_error(name, "cannot be given together with --checkpoint");
    const Weights weights = read_weights(*flags.checkpoint);
    TERN_CHECK(weights.info, weights.file, "does not say of what model its weights are");
    const WeightsInfo info = complete_info(weights);
    std::unique_ptr<Module> model = model_for(info);
    load_weights(*model, info.model, weights);
    return {info.model, info.image, std::move(model)};
}

void print_layer(const LayerDescription& layer) {
    std::printf("%-26s %-22s %-16s %10s %14s %10s\n", layer.name.c_str(), layer.type.c_str(),
                layer.output.str().c_str(), format_count(layer.parameters).c_str(),
                format_count(layer.multiply_adds).c_str(),
                format_bytes(static_cast<double>(layer.activation_bytes)).c_str());
}

void run(const SummaryFlags& flags) {
    const auto [name, image, model] = flags.checkpoint ? of_file(flags) : registered(flags);
    const ModelDescription description = describe(*model, {1, image[0], image[1], image[2]});

    std::printf("%s, one image %s", name.c_str(), image.str().c_str());
    if (flags.checkpoint) std::printf(": %s", one_line(*flags.checkpoint).c_str());
    std::printf("\n");
    std::printf("%-26s %-22s %-16s %10s %14s %10s\n", "layer", "type", "output", "parameters",
                "multiply-adds", "output");
    for (const LayerDescription& layer : description.layers) print_layer(layer);
    const LayerDescription& total = description.total;
    std::printf("\nparameters        %s trainable, %s with running statistics\n",
                format_count(total.parameters).c_str(),
                format_count(total.parameters + total.running).c_str());
    std::printf("multiply-adds     %s per image\n", format_count(total.multiply_adds).c_str());
    std::printf("activation memory %s per image (all outputs)\n",
                format_bytes(static_cast<double>(total.activation_bytes)).c_str());
}

}  // namespace

Run add_summary_command(CLI::App& app) {
    const auto flags = std::make_shared<SummaryFlags>();
    add_option(app, "--model", flags->model, "NAME", model_names() + " (default mini_xception)");
    add_option(app, "--classes", flags->classes, "N", "classes that the model tells apart (default 10)");
    add_option(app, "--checkpoint", flags->checkpoint, "FILE",
               "weight file to describe, as it is narrowed, instead of a model by its name");
    add_footer(app,
               "Examples:\n"
               "  tern summary --model mini_xception_dense --classes 100\n"
               "  tern summary --checkpoint half.safetensors");
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
