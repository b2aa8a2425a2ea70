#include <cstdio>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/models/describe.hpp"

namespace tern::apps {
namespace {

struct SummaryFlags {
    Flag model, classes;
};

void print_layer(const LayerDescription& layer) {
    std::printf("%-26s %-22s %-16s %10s %14s %10s\n", layer.name.c_str(), layer.type.c_str(),
                layer.output.str().c_str(), format_count(layer.parameters).c_str(),
                format_count(layer.multiply_adds).c_str(),
                format_bytes(static_cast<double>(layer.activation_bytes)).c_str());
}

void run(const SummaryFlags& flags) {
    const ModelInfo& info = parse_model(flags.model.value_or("mini_xception"));
    const std::int64_t classes =
        flags.classes ? parse_integer("--classes", *flags.classes, 1, Dataset::kMostClasses) : 10;
    const std::unique_ptr<Module> model = make_model(info.name, {classes, 0});
    const Shape image = info.image;
    const ModelDescription description = describe(*model, {1, image[0], image[1], image[2]});

    std::printf("%s, one image %s\n", std::string(info.name).c_str(), image.str().c_str());
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
    add_footer(app, "Examples:\n  tern summary --model mini_xception_dense --classes 100");
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
