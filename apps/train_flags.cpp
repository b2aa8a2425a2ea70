#include "tern/apps/train_flags.hpp"

#include <algorithm>

#include "tern/apps/data_flags.hpp"
#include "tern/apps/options.hpp"

namespace tern::apps {
namespace {

const std::vector<std::string_view> kNormalizations{"unit", "half", "dataset"};
const std::vector<std::string_view> kOptimizers{"adam", "adamw", "sgd"};
const std::vector<std::string_view> kAugmentations{"none", "crop-flip"};
const std::vector<std::string_view> kRunningStatistics{"precise", "corrected", "published"};

// Pictures whose statistics are precise: 2^20 values per channel at 32 x 32, and a third of a second of
// training.
constexpr std::int64_t kStatisticsRecords = 1024;

// A flag that only some optimizers take must not be ignored in silence.
void check_taken(const char* flag, const Flag& value, bool taken, const std::string& optimizer) {
    if (value && !taken) usage_error(flag, "has no meaning for --optimizer ", optimizer);
}

void parse_betas(const std::string& text, OptimizerSettings& settings) {
    const std::size_t comma = text.find(',');
    if (comma == std::string::npos) usage_error("--betas", "must be two numbers X,X, got ", text);
    const NumberRange range{.low = 0, .below = 1};
    settings.beta1 = parse_number("--betas", text.substr(0, comma), range);
    settings.beta2 = parse_number("--betas", text.substr(comma + 1), range);
}

OptimizerSettings optimizer_settings(const TrainFlags& flags, const ModelInfo& model) {
    OptimizerSettings settings;
    settings.name = parse_choice("--optimizer", flags.optimizer.value_or("adam"), kOptimizers);
    const bool sgd = settings.name == "sgd";
    check_taken("--momentum", flags.momentum, sgd, settings.name);
    check_taken("--betas", flags.betas, !sgd, settings.name);
    check_taken("--epsilon", flags.epsilon, !sgd, settings.name);
    settings.learning_rate = sgd ? 0.01 : 1e-3;
    settings.epsilon = model.adam_epsilon;
    settings.weight_decay = settings.name == "adamw" ? 0.01 : 0;  // the defaults of PyTorch
    if (flags.lr) settings.learning_rate = parse_number("--lr", *flags.lr, {.low = 0, .low_included = false});
    if (flags.momentum)
        settings.momentum = parse_number("--momentum", *flags.momentum, {.low = 0, .below = 1});
    if (flags.betas) parse_betas(*flags.betas, settings);
    if (flags.epsilon) settings.epsilon = parse_number("--epsilon", *flags.epsilon, {.low = 0});
    if (flags.weight_decay)
        settings.weight_decay = parse_number("--weight-decay", *flags.weight_decay, {.low = 0});
    return settings;
}

TrainingPlan plan_settings(const TrainFlags& flags, const ModelInfo& model) {
    TrainingPlan plan;
    if (flags.epochs && flags.steps) usage_error("--steps", "cannot be given together with --epochs");
    if (flags.steps)
        plan.steps = parse_integer("--steps", *flags.steps, 1);
    else
        plan.epochs = flags.epochs ? parse_integer("--epochs", *flags.epochs, 1) : model.epochs;
    plan.batch_size =
        flags.batch_size ? parse_integer("--batch-size", *flags.batch_size, 1) : model.batch_size;
    if (flags.seed) plan.seed = static_cast<std::uint64_t>(parse_integer("--seed", *flags.seed, 0));
    plan.shuffle = parse_choice("--shuffle", flags.shuffle.value_or("on"), {"on", "off"}) == "on";
    if (flags.save_every) plan.save_every = parse_integer("--save-every", *flags.save_every, 1);
    if (flags.label_smoothing)
        plan.label_smoothing =
            parse_number("--label-smoothing", *flags.label_smoothing, {.low = 0, .below = 1});
    return plan;
}

}  // namespace

const ModelInfo& parse_model(const std::string& name) {
    for (const ModelInfo& model : all_models()) {
        if (model.name == name) return model;
    }
    usage_error("--model", "must be one of ", model_names(), ", got ", name);
}

std::string parse_normalize(const std::string& name) {
    return parse_choice("--normalize", name, kNormalizations);
}

void TrainFlags::add_to(CLI::App& app) {
    add_option(app, "--model", model, "NAME", model_names() + " (default mini_xception)");
    add_option(app, "--data", data, "DIR",
               "folder with CIFAR-10's .bin files or its parent, or: synthetic (or TERN_DATA)");
    add_option(app, "--run", run, "DIR",
               "folder for what the run leaves (default: a fresh runs/DATE-MODEL-N)");
    add_option(app, "--epochs", epochs, "N", "number of epochs (default: the model's published one)");
    add_option(app, "--steps", steps, "N", "how many batches instead; evaluates nothing");
    add_option(app, "--batch-size", batch_size, "N", "images per step (default: the model's published one)");
    add_option(app, "--seed", seed, "N", "of initial weights, order and --augment (default 0)");
    add_option(app, "--shuffle", shuffle, "on|off", "on|off (default on; off: in the order of the files)");
    add_option(app, "--augment", augment, "NAME", join_choices(kAugmentations) + " (default none)");
    add_option(app, "--normalize", normalize, "NAME",
               join_choices(kNormalizations) + " (default: the model's published one)");
    add_option(app, "--optimizer", optimizer, "NAME", join_choices(kOptimizers) + " (default adam)");
    add_option(app, "--lr", lr, "X", "learning rate (default 1e-3; sgd: 1e-2)");
    add_option(app, "--momentum", momentum, "X", "of sgd (default 0)");
    add_option(app, "--betas", betas, "X,X", "of adam and adamw, X,X (default 0.9,0.999)");
    add_option(app, "--epsilon", epsilon, "X", "of adam and adamw (default: the model's published one)");
    add_option(app, "--weight-decay", weight_decay, "X", "(default 0; adamw: 0.01)");
    add_option(app, "--schedule", schedule, "NAME", "constant");
    add_option(app, "--label-smoothing", label_smoothing, "X", "(default 0)");
    add_option(app, "--running-statistics", running_statistics, "NAME",
               join_choices(kRunningStatistics) + ": of batch norms (default precise)");
    add_option(app, "--init", init, "FILE", "safetensors file to start from");
    add_option(app, "--save-every", save_every, "N",
               "steps after which to save too (default: only after an epoch)");
    add_option(app, "--keep", keep, "N", "how many checkpoints stay beside the best (default 2)");
    add_flag(app, "--resume", resume, "go on with the run in --run");
    add_option(app, "--config", config, "FILE", "TOML file of flags; those given here go before it");
    add_footer(app,
               "Examples:\n"
               "  tern train --data ~/.cache/tern --epochs 2 --batch-size 64\n"
               "  tern train --data synthetic --steps 20 --log-steps --run runs/try\n"
               "  tern train --resume --run runs/try --steps 40");
    add_flag(app, "--log-steps", log_steps, "write every step's loss to steps.jsonl");
    add_flag(app, "--json", json,
             "final metrics as one JSON object on standard output, all else on standard error");
    add_flag(app, "--dry-run", dry_run, "check everything, print the settings, train and write nothing");
    runtime.add_to(app);
}

TrainSettings TrainFlags::settings() const {
    if (resume && !run) usage_error("--resume", "needs --run, the folder of the run");
    TrainSettings settings;
    settings.model = &parse_model(model.value_or("mini_xception"));
    settings.data = data_source(data);
    settings.plan = plan_settings(*this, *settings.model);
    settings.augment = parse_choice("--augment", augment.value_or("none"), kAugmentations);
    if (settings.augment == "crop-flip")
        settings.plan.augmentation = {.crop_padding = 4, .flip = true, .seed = settings.plan.seed};
    settings.normalize = parse_normalize(normalize.value_or(std::string(settings.model->normalization)));
    settings.optimizer = optimizer_settings(*this, *settings.model);
    settings.schedule = parse_choice("--schedule", schedule.value_or("constant"), {"constant"});
    settings.running_statistics =
        parse_choice("--running-statistics", running_statistics.value_or("precise"), kRunningStatistics);
    if (settings.running_statistics == "precise") settings.plan.statistics_records = kStatisticsRecords;
    settings.init = init;
    if (keep) settings.keep = parse_integer("--keep", *keep, 1);
    settings.log_steps = log_steps;
    settings.runtime = runtime.settings();
    return settings;
}

}  // namespace tern::apps
