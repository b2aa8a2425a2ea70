#include <cstdio>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/data_flags.hpp"
#include "tern/apps/evaluated_model.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/output_flag.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/core/environment.hpp"
#include "tern/layers/prune/prune_model.hpp"
#include "tern/models/describe.hpp"
#include "tern/training/batch_source.hpp"
#include "tern/training/complete_info.hpp"
#include "tern/training/evaluation.hpp"
#include "tern/training/precise_statistics.hpp"

namespace tern::apps {
namespace {

constexpr std::int64_t kBatch = 256;

struct PruneFlags {
    Flag checkpoint, rate, ranking, criterion, multiple, samples, output, model, normalize;
    DataFlags data;

    void add_to(CLI::App& app) {
        add_option(app, "--checkpoint", checkpoint, "FILE", "safetensors file with the weights");
        add_option(app, "--rate", rate, "R", "share of the channels that goes, above 0 and below 1");
        add_option(app, "--output", output, "FILE", "safetensors file to write");
        add_option(app, "--ranking", ranking, "NAME",
                   "group|global: that share of each group of channels, or of all of them (default group)");
        add_option(app, "--criterion", criterion, "NAME",
                   "group-norm|scale: what a channel's importance is (default group-norm)");
        add_option(app, "--multiple", multiple, "N", "groups keep a multiple of N channels (default 16)");
        data.add_to(app);
        add_option(app, "--samples", samples, "N",
                   "training images that running statistics are taken anew over (default 10000)");
        add_option(app, "--model", model, "NAME", model_names() + " (for files that do not say it)");
        add_option(app, "--normalize", normalize, "NAME",
                   "unit|half (for files that do not say it; default: the model's published one)");
        add_footer(app,
                   "Examples:\n"
                   "  tern prune --checkpoint last.safetensors --rate 0.5 --output a.safetensors");
    }
};

// What the command line says, checked before anything is read.
struct PruneSettings {
    PruneOptions options;
    std::optional<DataChoice> data;
    std::int64_t samples = 10'000;
    std::string model, normalization;

    explicit PruneSettings(const PruneFlags& flags) {
        if (!flags.checkpoint) usage_error("--checkpoint", "must name a weight file");
        if (!flags.rate) usage_error("--rate", "must be the share of channels that goes");
        if (!flags.output) usage_error("--output", "must name the safetensors file to write");
        options.rate = parse_number("--rate", *flags.rate, {.low = 0, .low_included = false, .below = 1});
        if (flags.ranking)
            options.is_global = parse_choice("--ranking", *flags.ranking, {"group", "global"}) == "global";
        if (flags.criterion)
            options.criterion = parse_channel_criterion(
                parse_choice("--criterion", *flags.criterion, {"group-norm", "scale"}));
        if (flags.multiple) options.multiple = parse_integer("--multiple", *flags.multiple, 1, kMostMultiple);
        if (flags.samples) samples = parse_integer("--samples", *flags.samples, 1);
        if (flags.data.data || !environment("TERN_DATA").empty()) {
            data = flags.data.choice();
        } else if (flags.samples || flags.data.labels || flags.data.image_size) {
            usage_error("--data", "must name the data set whose images are asked for");
        }
        if (flags.model) model = parse_model(*flags.model).name;
        if (flags.normalize) normalization = parse_choice("--normalize", *flags.normalize, {"unit", "half"});
    }

  private:
    static constexpr std::int64_t kMostMultiple = 4096;
};

// Evaluates a model before and after, and takes its running statistics anew in between.
class Tests {
  public:
    Tests(const DataChoice& choice, const Weights& weights, const WeightsInfo& info)
        : train_(load_split(choice, Split::train)),
          test_(load_split(choice, Split::test)),
          options_{info.normalization, DType::float32, Device::cpu()} {
        check_data_fits(weights, info, train_);
    }

    const Dataset& train() const { return train_; }
    void take_statistics(Module& model, std::int64_t samples) const {
        model.train();
        take_precise_statistics(model, DatasetSource(train_, options_), samples, kBatch);
    }
    std::string result(Module& model) const {
        const TotalsRead totals =
            evaluate(model, DatasetSource(test_, options_), {.batch_size = kBatch}).totals;
        return formatted(", loss %.4f, accuracy %.4f", totals.loss, totals.metric("accuracy"));
    }

  private:
    Dataset train_, test_;
    DatasetSourceOptions options_;
};

std::string size_of_model(Module& model, const Shape& image) {
    const LayerDescription total = describe(model, {1, image[0], image[1], image[2]}).total;
    return to_text(format_count(total.parameters), " parameters, ", format_count(total.multiply_adds),
                   " multiply-adds");
}

void run(const PruneFlags& flags) {
    const PruneSettings settings(flags);
    check_output_flag("--output", *flags.output, {*flags.checkpoint});
    const Weights weights = read_weights(*flags.checkpoint);
    check_model_is_known(weights, !settings.model.empty());
    WeightsInfo info = complete_info(weights, settings.model, settings.normalization);
    std::optional<Tests> tests;
    if (settings.data) {
        tests.emplace(*settings.data, weights, info);
        check_output_flag("--output", *flags.output, files_of_set(tests->train()));
    }
    const std::unique_ptr<Module> model = model_for(info);
    const NamedTensors made = model->state();
    load_weights(*model, info.model, weights);
    const std::string size_before = size_of_model(*model, info.image),
                      result_before = tests ? tests->result(*model) : "";

    const std::vector<PrunedGroup> groups = prune_model(*model, info.image, settings.options);
    if (tests) tests->take_statistics(*model, settings.samples);
    info.widths = widths_of(made, model->state());
    const std::string result_after = tests ? tests->result(*model) : "";
    save_weights(*flags.output, *model, info);

    std::FILE* const out = text_stream(flags.output);
    for (const PrunedGroup& group : groups)
        std::fprintf(out, "%5lld of %5lld  %s\n", static_cast<long long>(group.after),
                     static_cast<long long>(group.before), group.name.c_str());
    std::fprintf(out, "%s, before: %s%s\n", info.model.c_str(), size_before.c_str(), result_before.c_str());
    std::fprintf(out, "%s, pruned: %s%s: %s\n", info.model.c_str(), size_of_model(*model, info.image).c_str(),
                 result_after.c_str(), one_line(*flags.output).c_str());
}

}  // namespace

Run add_prune_command(CLI::App& app) {
    const auto flags = std::make_shared<PruneFlags>();
    flags->add_to(app);
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
