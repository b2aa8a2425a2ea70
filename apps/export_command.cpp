#include <cstdio>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/evaluated_model.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/output_flag.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/layers/fold_batch_norms.hpp"
#include "tern/training/complete_info.hpp"
#include "tern/training/onnx/onnx.hpp"
#include "tern/training/ready_model.hpp"

namespace tern::apps {
namespace {

struct ExportFlags {
    Flag checkpoint, output, layout, model, normalize;
    bool fold = false;

    void add_to(CLI::App& app) {
        add_option(app, "--checkpoint", checkpoint, "FILE", "safetensors file with the weights");
        add_option(app, "--output", output, "FILE", "ONNX file to write");
        add_flag(app, "--fold", fold, "batch norms go into the weights of the layers before them");
        add_option(app, "--layout", layout, "NAME", "nhwc|nchw, of the input (default nhwc)");
        add_option(app, "--model", model, "NAME", model_names() + " (for files that do not say it)");
        add_option(
            app, "--normalize", normalize, "NAME",
            "unit|half, what the file says of pixels (for weights that do not say it; default: the model's "
            "published one)");
        add_footer(
            app,
            "Examples:\n  tern export --checkpoint runs/RUN/last.safetensors --output model.onnx --fold");
    }
};

// What the command line says, checked before anything is read.
struct ExportSettings {
    bool channels_first = false;
    std::string model, normalization;

    explicit ExportSettings(const ExportFlags& flags) {
        if (!flags.checkpoint) usage_error("--checkpoint", "must name a weight file");
        if (!flags.output) usage_error("--output", "must name the ONNX file to write");
        if (flags.layout)
            channels_first = parse_choice("--layout", *flags.layout, {"nhwc", "nchw"}) == "nchw";
        if (flags.model) model = parse_model(*flags.model).name;
        if (flags.normalize) normalization = parse_choice("--normalize", *flags.normalize, {"unit", "half"});
    }
};

void run(const ExportFlags& flags) {
    const ExportSettings settings(flags);
    check_output_flag("--output", *flags.output, {*flags.checkpoint});
    const Weights weights = read_weights(*flags.checkpoint);
    check_model_is_known(weights, !settings.model.empty());
    const WeightsInfo info = complete_info(weights, settings.model, settings.normalization);
    const Shape& image = info.image;
    std::unique_ptr<Module> model = model_for(info);
    if (info.quantized) {
        model = model_in_8_bits(*model, info.model, image, weights);
    } else {
        load_weights(*model, info.model, weights);
        if (flags.fold) fold_batch_norms(*model, {1, image[0], image[1], image[2]});
    }
    save_onnx(*flags.output, *model, image,
              {.channels_first = settings.channels_first, .metadata = weights_metadata(info)});
    std::fprintf(text_stream(flags.output), "%s%s for images %s of %zu classes: %s\n", info.model.c_str(),
                 info.quantized ? " in 8 bits" : "", image.str().c_str(), info.classes.size(),
                 one_line(*flags.output).c_str());
}

}  // namespace

Run add_export_command(CLI::App& app) {
    const auto flags = std::make_shared<ExportFlags>();
    flags->add_to(app);
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
