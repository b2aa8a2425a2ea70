#include "tern/apps/settings/rows.hpp"

namespace tern::apps {
namespace {

using Settings = TrainSettings;

// Images whose statistics are precise: 2^20 values per channel at 32 x 32, and a third of a second of training.
constexpr std::int64_t kStatisticsSamples = 1024;

bool is_sgd(const Settings& settings) { return settings.optimizer.name == "sgd"; }
bool is_adam(const Settings& settings) { return !is_sgd(settings); }

// What only some optimizers take must not be ignored in silence.
Setting of_optimizer(Condition takes, Setting setting) {
    return only_for(
        takes, "--optimizer", [](const Settings& s) { return s.optimizer.name; }, std::move(setting));
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

void set_statistics_samples(Settings& settings, const std::string& name) {
    if (name == "precise") settings.plan.statistics_samples = kStatisticsSamples;
}

}  // namespace

std::vector<Setting> optimizer_settings() {
    return {
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
    };
}

}  // namespace tern::apps
