#include "tern/apps/data_flags.hpp"
#include "tern/apps/settings/presets.hpp"
#include "tern/apps/settings/rows.hpp"
#include "tern/data/augmentation.hpp"

namespace tern::apps {
namespace {

using Settings = TrainSettings;

const Names kNormalizations{"unit", "half", "dataset"};

// With the settings of the model's own training.
void set_model(Settings& settings, const std::string& name) {
    settings.model = &parse_model(name);
    settings.plan.epochs = settings.model->epochs;
    settings.plan.batch_size = settings.model->batch_size;
    settings.normalize = settings.model->normalization;
}

void set_augmentation(Settings& settings, const std::string& text) {
    settings.augmentation = parse_augment(text);
    settings.augmentation.seed = settings.plan.seed;
}

void set_early_size(Settings& settings, const std::string& text) {
    const char* const flag = "--early-size";
    const std::size_t comma = text.find(',');
    if (comma == std::string::npos) usage_error(flag, "must be pixels and epochs N,M, got ", text);
    settings.early_size = parse_integer(flag, text.substr(0, comma), 1);
    settings.early_epochs = parse_integer(flag, text.substr(comma + 1), 1);
    if (counts_epochs(settings) && settings.early_epochs > settings.plan.epochs)
        usage_error(
            flag, "must end with the run's ", settings.plan.epochs, " epochs, got ", settings.early_epochs,
            settings.preset ? to_text("; --preset ", *settings.preset, " has it unless it is given") : "");
}

bool validates(const Settings& settings) { return settings.validation > 0; }

Setting of_validation(Setting setting) {
    return only_where(validates, "needs --validation, the share of samples to hold out", std::move(setting));
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

std::vector<Setting> data_settings() {
    return {
        row(
            SettingKind::text, "preset", "NAME",
            join_choices(preset_names()) + " (sets the flags that are not given)", {},
            [](Settings& s, const std::string& text) { s.preset = text; },
            [](const Settings& s) { return s.preset; }),
        row(SettingKind::text, "model", "NAME", model_names() + " (default mini_xception)",
            always("mini_xception"), set_model, [](const Settings& s) { return std::string(s.model->name); }),
        changeable(row(
            SettingKind::text, "data", "DIR", kDataHelp, [] { return data_source({}); },
            [](Settings& s, const std::string& text) { s.data = data_source(text); },
            [](const Settings& s) { return s.data == "synthetic" ? Flag(s.data) : absolute(s.data); })),
        where([](const Settings& s) { return s.labels == LabelKind::coarse; },
              row(
                  SettingKind::text, "labels", "NAME", kLabelsHelp, always("fine"),
                  [](Settings& s, const std::string& text) { s.labels = parse_labels(text); },
                  [](const Settings&) { return "coarse"; })),
        where([](const Settings& s) { return s.image_size > 0; },
              row(
                  SettingKind::integer, "image_size", "N", kImageSizeHelp, {},
                  [](Settings& s, const std::string& text) { s.image_size = parse_image_size(text); },
                  [](const Settings& s) { return std::to_string(s.image_size); })),
        changeable(where(counts_epochs, integer(
                                            "epochs", "number of epochs (default: the model's published one)",
                                            1, {}, [](auto& s) -> auto& { return s.plan.epochs; }))),
        changeable(where(counts_steps, and_then(integer(
                                                    "steps", "how many batches instead; evaluates nothing", 1,
                                                    {}, [](auto& s) -> auto& { return s.plan.steps; }),
                                                [](Settings& s, const std::string&) { s.plan.epochs = 0; }))),
        integer(
            "batch_size", "images per step (default: the model's published one)", 1, {},
            [](auto& s) -> auto& { return s.plan.batch_size; }),
        row(
            SettingKind::integer, "seed", "N", "of initial weights, order and --augment (default 0)",
            always("0"),
            [](Settings& s, const std::string& text) {
                s.plan.seed = static_cast<std::uint64_t>(parse_integer("--seed", text, 0));
            },
            [](const Settings& s) { return std::to_string(s.plan.seed); }),
        row(
            SettingKind::on_off, "shuffle", "on|off", "on|off (default on; off: in the order of the files)",
            always("on"),
            [](Settings& s, const std::string& text) {
                s.plan.shuffle = parse_choice("--shuffle", text, {"on", "off"}) == "on";
            },
            [](const Settings& s) { return s.plan.shuffle ? "on" : "off"; }),
        where(validates,
              number(
                  "validation", "share of the training samples to hold out and choose the best epoch by",
                  {.low = 0, .low_included = false, .below = 1},
                  [](auto& s) -> auto& { return s.validation; })),
        of_validation(boolean(
            "stratify", "hold out that share of each class", [](auto& s) -> auto& { return s.stratify; })),
        changeable(of_validation(only_for(
            counts_epochs, "--steps", [](const Settings& s) { return std::to_string(s.plan.steps); },
            where([](const Settings& s) { return s.plan.early_stop > 0; },
                  integer(
                      "early_stop", "end after N epochs without a better validation accuracy", 1, {},
                      [](auto& s) -> auto& { return s.plan.early_stop; }))))),
        row(SettingKind::text, "augment", "TEXT", kAugmentHelp, always("none"), set_augmentation,
            [](const Settings& s) { return augmentation_text(s.augmentation); }),
        where([](const Settings& s) { return s.early_epochs > 0; },
              row(SettingKind::integer_pair, "early_size", "N,M",
                  "images are N pixels wide in the first M epochs", {}, set_early_size,
                  [](const Settings& s) {
                      return std::to_string(s.early_size) + ',' + std::to_string(s.early_epochs);
                  })),
        choice(
            "normalize", kNormalizations, " (default: the model's published one)", {},
            [](auto& s) -> auto& { return s.normalize; }),
    };
}

}  // namespace tern::apps
