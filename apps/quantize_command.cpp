#include <cstdio>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/data_flags.hpp"
#include "tern/apps/evaluated_model.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/output_flag.hpp"
#include "tern/apps/progress_bar.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/layers/quantized/fake_quantized_model.hpp"
#include "tern/layers/quantized/quantize_model.hpp"
#include "tern/training/batch_source.hpp"
#include "tern/training/complete_info.hpp"
#include "tern/training/teacher.hpp"
#include "tern/training/trainer.hpp"

namespace tern::apps {
namespace {

constexpr std::int64_t kBatch = 64;

struct QuantizeFlags {
    Flag checkpoint, output, images, method, steps, rate, batch_size, model, normalize;
    DataFlags data;

    void add_to(CLI::App& app) {
        add_option(app, "--checkpoint", checkpoint, "FILE", "safetensors file with the weights");
        data.add_to(app);
        add_option(app, "--output", output, "FILE", "safetensors file to write");
        add_option(app, "--images", images, "N", "training images to take ranges from (default 512)");
        add_option(app, "--method", method, "NAME",
                   "min-max|percentile|mean-squared-error: which ranges (default mean-squared-error)");
        add_option(app, "--steps", steps, "N",
                   "steps of training with rounded weights and values (default 0: none)");
        add_option(app, "--lr", rate, "X", "learning rate of these steps at their start (default 1e-4)");
        add_option(app, "--batch-size", batch_size, "N", "images per step (default 64)");
        add_option(app, "--model", model, "NAME", model_names() + " (for files that do not say it)");
        add_option(app, "--normalize", normalize, "NAME",
                   "unit|half (for files that do not say it; default: the model's published one)");
        add_footer(app,
                   "Examples:\n"
                   "  tern quantize --checkpoint last.safetensors --data DIR --output 8.safetensors\n"
                   "  tern evaluate --checkpoint 8.safetensors --data DIR");
    }
};

// What the command line says, checked before anything is read.
struct QuantizeSettings {
    DataChoice data;
    std::int64_t images = 512;
    RangeMethod method = RangeMethod::mean_squared_error;
    std::int64_t steps = 0, batch_size = kBatch;
    double rate = 1e-4;
    std::string model, normalization;

    explicit QuantizeSettings(const QuantizeFlags& flags) : data(flags.data.choice()) {
        if (!flags.checkpoint) usage_error("--checkpoint", "must name a weight file");
        if (!flags.output) usage_error("--output", "must name the safetensors file to write");
        if (flags.images) images = parse_integer("--images", *flags.images, 1);
        if (flags.method)
            method = parse_range_method(
                parse_choice("--method", *flags.method, {"min-max", "percentile", "mean-squared-error"}));
        if (flags.steps) steps = parse_integer("--steps", *flags.steps, 0);
        if (steps == 0 && (flags.rate || flags.batch_size))
            usage_error(flags.rate ? "--lr" : "--batch-size", "needs --steps");
        if (flags.rate) rate = parse_number("--lr", *flags.rate, {.low = 0, .low_included = false});
        if (flags.batch_size) batch_size = parse_integer("--batch-size", *flags.batch_size, 1);
        if (flags.model) model = parse_model(*flags.model).name;
        if (flags.normalize) normalization = parse_choice("--normalize", *flags.normalize, {"unit", "half"});
    }
};

// `count` images of the set, evenly from all of it, in batches.
Tensors images_of(const Dataset& data, const Normalization& normalization, std::int64_t count) {
    const DatasetSource source(data, {.normalization = normalization});
    count = std::min(count, data.size());
    Tensors batches;
    for (std::int64_t begin = 0; begin < count; begin += kBatch) {
        std::vector<std::int64_t> samples;
        for (std::int64_t i = begin; i < std::min(begin + kBatch, count); ++i)
            samples.push_back(i * data.size() / count);
        batches.push_back(source.batch(Tensor::from({std::ssize(samples)}, samples)).input);
    }
    return batches;
}

// Trains it to answer as the float32 model does, and says how near it came.
void train(FakeQuantizedModel& rounded, std::unique_ptr<Module> model, const Dataset& data,
           const Normalization& normalization, const QuantizeSettings& settings, std::FILE* out) {
    const DatasetSource source(data, {.normalization = normalization});
    Teacher teacher(std::move(model), {.weight = 1, .temperature = 1});
    const std::unique_ptr<Optimizer> optimizer =
        make_optimizer(FlatParameters(rounded), {.learning_rate = settings.rate});
    ProgressBar bar;
    const TrainingPlan plan{.steps = settings.steps, .batch_size = settings.batch_size};
    const std::unique_ptr<Schedule> schedule =
        make_schedule({.name = "polynomial", .learning_rate = settings.rate}, RunLength(plan, source.size()));
    TrainingCallbacks callbacks;
    callbacks.after_step = [&bar](const TrainingProgress& progress) { bar.show(progress, 0); };
    const LogLine line = Trainer({.model = rounded,
                                  .optimizer = *optimizer,
                                  .train = source,
                                  .schedule = schedule.get(),
                                  .teacher = &teacher,
                                  .plan = plan,
                                  .callbacks = callbacks})
                             .run()
                             .value();
    bar.clear();
    std::fprintf(out, "%lld steps of training: mean divergence from float32 %.4f\n",
                 static_cast<long long>(line.step), line.train.loss);
}

std::int64_t bytes_of(const Module& model) {
    std::int64_t bytes = 0;
    for (const NamedTensor& named : model.state()) bytes += named.tensor.bytes();
    return bytes;
}

void run(const QuantizeFlags& flags) {
    const QuantizeSettings settings(flags);
    check_output_flag("--output", *flags.output, {*flags.checkpoint});
    const Weights weights = read_weights(*flags.checkpoint);
    check_model_is_known(weights, !settings.model.empty());
    WeightsInfo info = complete_info(weights, settings.model, settings.normalization);
    const Dataset data = load_split(settings.data, Split::train);
    check_data_fits(weights, info, data);
    check_output_flag("--output", *flags.output, files_of_set(data));
    std::unique_ptr<Module> model = model_for(info);
    load_weights(*model, info.model, weights);
    const std::int64_t before = bytes_of(*model);
    const std::unique_ptr<QuantizedModel> quantized =
        quantize_model(*model, images_of(data, info.normalization, settings.images), settings.method);
    if (settings.steps > 0) {
        FakeQuantizedModel rounded(*quantized);
        train(rounded, std::move(model), data, info.normalization, settings, text_stream(flags.output));
        rounded.hand_over();
    }
    info.quantized = true;
    save_weights(*flags.output, *quantized, info);

    std::size_t others = 0;
    for (const QuantizedStep& step : quantized->steps())
        others += step.kind == QuantizedStep::Kind::node ? 1 : 0;
    std::fprintf(text_stream(flags.output),
                 "%s in 8 bits, %zu of %zu operations in float32, %.0f KiB of %.0f: %s\n", info.model.c_str(),
                 others, quantized->steps().size(), static_cast<double>(bytes_of(*quantized)) / 1024,
                 static_cast<double>(before) / 1024, one_line(*flags.output).c_str());
}

}  // namespace

Run add_quantize_command(CLI::App& app) {
    const auto flags = std::make_shared<QuantizeFlags>();
    flags->add_to(app);
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
