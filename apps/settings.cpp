#include "tern/apps/settings.hpp"

#include <algorithm>
#include <filesystem>

#include "tern/apps/console.hpp"
#include "tern/apps/data_flags.hpp"
#include "tern/apps/ranks.hpp"

namespace tern::apps {
namespace {

using Settings = TrainSettings;
using Names = std::vector<std::string_view>;
using Standard = std::function<std::string()>;

const Names kNormalizations{"unit", "half", "dataset"};

// Images whose statistics are precise: 2^20 values per channel at 32 x 32, and a third of a second of training.
constexpr std::int64_t kStatisticsSamples = 1024;

Standard always(const char* text) {
    return [text] { return std::string(text); };
}

Flag absolute(const Flag& path) {
    if (!path) return {};
    return std::filesystem::absolute(*path).string();
}

using Set = std::function<void(Settings&, const std::string&)>;
using Text = std::function<Flag(const Settings&)>;

// -- rows of a kind ----------------------------------------------------------------------------------------

Setting row(SettingKind kind, std::string name, std::string type, std::string help, Standard standard,
            Set set, Text text) {
    return {std::move(name),     kind,           false,          std::move(type), std::move(help),
            std::move(standard), std::move(set), std::move(text)};
}

template <class Field>
Setting choice(const std::string& name, const Names& names, const std::string& help, Standard standard,
               Field field) {
    return row(
        SettingKind::text, name, "NAME", join_choices(names) + help, std::move(standard),
        [=](Settings& s, const std::string& text) { field(s) = parse_choice(flag_of(name), text, names); },
        [=](const Settings& s) { return field(s); });
}

template <class Field>
Setting integer(const std::string& name, const std::string& help, std::int64_t least, Standard standard,
                Field field) {
    return row(
        SettingKind::integer, name, "N", help, std::move(standard),
        [=](Settings& s, const std::string& text) { field(s) = parse_integer(flag_of(name), text, least); },
        [=](const Settings& s) { return std::to_string(field(s)); });
}

template <class Field>
Setting number(const std::string& name, const std::string& help, const NumberRange& range, Field field,
               Standard standard = {}) {
    return row(
        SettingKind::number, name, "X", help, std::move(standard),
        [=](Settings& s, const std::string& text) { field(s) = parse_number(flag_of(name), text, range); },
        [=](const Settings& s) { return shortest(field(s)); });
}

template <class Field>
Setting boolean(const std::string& name, const std::string& help, Field field) {
    return row(
        SettingKind::boolean, name, "", help, {},
        [=](Settings& s, const std::string& text) { field(s) = text == "true"; },
        [=](const Settings& s) { return field(s) ? "true" : "false"; });
}

// A flag of how and where operations run; `text` says what it came to.
Setting runtime(const char* name, Flag (*text)(const Runtime& runtime)) {
    const RuntimeFlags::Row& one =
        *std::ranges::find(RuntimeFlags::rows(), std::string_view(name), &RuntimeFlags::Row::name);
    const SettingKind kind = one.type == std::string_view("N") ? SettingKind::integer : SettingKind::text;
    return row(
        kind, name, one.type, one.help, {},
        [flag = one.flag](Settings& s, const std::string& given) { s.runtime_flags.*flag = given; },
        [text](const Settings& s) { return text(s.runtime); });
}

// -- and what some of them are beside ----------------------------------------------------------------------

Setting changeable(Setting setting) {
    setting.may_change = true;
    return setting;
}

// `more` follows from the text that was taken.
Setting and_then(Setting setting, Set more) {
    setting.set = [set = setting.set, more](Settings& s, const std::string& text) {
        set(s, text);
        more(s, text);
    };
    return setting;
}

// Part of a run only where `is` holds of it.
Setting where(bool (*is)(const Settings& settings), Setting setting) {
    setting.text = [is, text = setting.text](const Settings& s) { return is(s) ? text(s) : Flag(); };
    return setting;
}

// What only some optimizers take must not be ignored in silence.
Setting of_optimizer(bool (*takes)(const Settings& settings), Setting setting) {
    setting.set = [=, set = setting.set](Settings& s, const std::string& text) {
        if (!takes(s))
            usage_error(flag_of(setting.name), "has no meaning for --optimizer ", s.optimizer.name);
        set(s, text);
    };
    return where(takes, setting);
}

bool is_sgd(const Settings& settings) { return settings.optimizer.name == "sgd"; }
bool is_adam(const Settings& settings) { return !is_sgd(settings); }
bool counts_steps(const Settings& settings) { return settings.plan.steps > 0; }
bool counts_epochs(const Settings& settings) { return !counts_steps(settings); }
bool has_replicas(const Settings& settings) { return settings.plan.replicas > 1; }

// -- what has more than a line to do -----------------------------------------------------------------------

// With the settings of the model's own training.
void set_model(Settings& settings, const std::string& name) {
    settings.model = &parse_model(name);
    settings.plan.epochs = settings.model->epochs;
    settings.plan.batch_size = settings.model->batch_size;
    settings.normalize = settings.model->normalization;
}

// With the defaults of PyTorch, and the model's own epsilon.
void set_optimizer_defaults(Settings& settings, const std::string& name) {
    settings.optimizer.learning_rate = is_sgd(settings) ? 0.01 : 1e-3;
    settings.optimizer.weight_decay = name == "adamw" ? 0.01 : 0;
    settings.optimizer.epsilon = settings.model->adam_epsilon;
}

void set_betas(Settings& settings, const std::string& text) {
    const std::size_t comma = text.find(',');
    if (comma == std::string::npos) usage_error("--betas", "must be two numbers X,X, got ", text);
    const NumberRange range{.low = 0, .below = 1};
    settings.optimizer.beta1 = parse_number("--betas", text.substr(0, comma), range);
    settings.optimizer.beta2 = parse_number("--betas", text.substr(comma + 1), range);
}

void set_augmentation(Settings& settings, const std::string& name) {
    if (name == "crop-flip")
        settings.augmentation = {.crop_padding = 4, .flip = true, .seed = settings.plan.seed};
}

void set_exchange(Settings& settings, const std::string& name) {
    settings.exchange_options.overlap = name == "overlap";
}

void set_statistics_samples(Settings& settings, const std::string& name) {
    if (name == "precise") settings.plan.statistics_samples = kStatisticsSamples;
}

std::vector<Setting> make_settings() {
    return {
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
        and_then(choice(
                     "augment", {"none", "crop-flip"}, " (default none)", always("none"),
                     [](auto& s) -> auto& { return s.augment; }),
                 set_augmentation),
        choice(
            "normalize", kNormalizations, " (default: the model's published one)", {},
            [](auto& s) -> auto& { return s.normalize; }),
        and_then(choice(
                     "optimizer", {"adam", "adamw", "sgd"}, " (default adam)", always("adam"),
                     [](auto& s) -> auto& { return s.optimizer.name; }),
                 set_optimizer_defaults),
        changeable(number(
            "lr", "learning rate (default 1e-3; sgd: 1e-2)", {.low = 0, .low_included = false},
            [](auto& s) -> auto& { return s.optimizer.learning_rate; })),
        of_optimizer(is_sgd, number(
                                 "momentum", "of sgd (default 0)", {.low = 0, .below = 1},
                                 [](auto& s) -> auto& { return s.optimizer.momentum; })),
        of_optimizer(is_adam, row(SettingKind::pair, "betas", "X,X",
                                  "of adam and adamw, X,X (default 0.9,0.999)", {}, set_betas,
                                  [](const Settings& s) {
                                      return shortest(s.optimizer.beta1) + ',' + shortest(s.optimizer.beta2);
                                  })),
        of_optimizer(is_adam, number(
                                  "epsilon", "of adam and adamw (default: the model's published one)",
                                  {.low = 0}, [](auto& s) -> auto& { return s.optimizer.epsilon; })),
        number(
            "weight_decay", "(default 0; adamw: 0.01)", {.low = 0},
            [](auto& s) -> auto& { return s.optimizer.weight_decay; }),
        choice(
            "schedule", {"constant"}, "", always("constant"), [](auto& s) -> auto& { return s.schedule; }),
        number(
            "label_smoothing", "(default 0)", {.low = 0, .below = 1},
            [](auto& s) -> auto& { return s.label_smoothing; }),
        and_then(choice(
                     "running_statistics", {"precise", "corrected", "published"},
                     ": of batch norms (default precise)", always("precise"),
                     [](auto& s) -> auto& { return s.running_statistics; }),
                 set_statistics_samples),
        row(
            SettingKind::text, "init", "FILE", "safetensors file to start from", {},
            [](Settings& s, const std::string& text) { s.init = text; },
            [](const Settings& s) { return absolute(s.init); }),
        changeable(where([](const Settings& s) { return s.plan.save_every > 0; },
                         integer(
                             "save_every", "steps after which to save too (default: only after an epoch)", 1,
                             {}, [](auto& s) -> auto& { return s.plan.save_every; }))),
        changeable(integer(
            "keep", "how many checkpoints stay beside the best (default 2)", 1, always("2"),
            [](auto& s) -> auto& { return s.keep; })),
        // Of several ranks each has a GPU of its own.
        changeable(runtime("device",
                           [](const Runtime& r) -> Flag {
                               return ranks().size() > 1 && r.device.is_cuda() ? "cuda" : r.device.str();
                           })),
        runtime("precision", [](const Runtime& r) -> Flag { return std::string(name_of(r.precision)); }),
        changeable(runtime("kernels", [](const Runtime& r) -> Flag { return r.kernels.str(); })),
        changeable(runtime("tuning", [](const Runtime& r) { return absolute(r.tuning); })),
        changeable(runtime("threads", [](const Runtime& r) -> Flag { return std::to_string(r.threads); })),
        boolean(
            "log_steps", "write every step's loss to steps.jsonl",
            [](auto& s) -> auto& { return s.log_steps; }),
        integer(
            "replicas", "parts of each batch, trained on apart (default: the number of ranks)", 1,
            [] { return std::to_string(ranks().size()); }, [](auto& s) -> auto& { return s.plan.replicas; }),
        where(has_replicas, boolean(
                                "sync_batch_norm", "let batch norms have the statistics of all replicas",
                                [](auto& s) -> auto& { return s.plan.sync_batch_norm; })),
        changeable(where(
            has_replicas,
            and_then(choice(
                         "exchange", {"overlap", "whole"}, ": of gradients between ranks (default overlap)",
                         always("overlap"), [](auto& s) -> auto& { return s.exchange; }),
                     set_exchange))),
        changeable(
            where(has_replicas,
                  integer(
                      "bucket_size", "bytes of gradients that are sent at once (default 131072)", 1,
                      always("131072"), [](auto& s) -> auto& { return s.exchange_options.bucket_bytes; }))),
        changeable(
            where(has_replicas, number(
                                    "timeout", "seconds to wait for other ranks (default 60)", kTimeouts,
                                    [](auto& s) -> auto& { return s.timeout; }, always("60")))),
    };
}

}  // namespace

const std::vector<Setting>& train_settings() {
    static const std::vector<Setting> settings = make_settings();
    return settings;
}

std::string flag_of(std::string name) {
    std::ranges::replace(name, '_', '-');
    return "--" + name;
}

const ModelInfo& parse_model(const std::string& name) {
    for (const ModelInfo& model : all_models()) {
        if (model.name == name) return model;
    }
    usage_error("--model", "must be one of ", model_names(), ", got ", name);
}

std::string parse_normalize(const std::string& name) {
    return parse_choice("--normalize", name, kNormalizations);
}

}  // namespace tern::apps
