#include "tern/apps/settings/rows.hpp"

namespace tern::apps {
namespace {

using Settings = TrainSettings;

// Images whose statistics are precise: 2^20 values per channel at 32 x 32, and a third of a second of training.
constexpr std::int64_t kStatisticsSamples = 1024;

bool is_sgd(const Settings& settings) { return settings.optimizer.name == "sgd"; }
bool is_rmsprop(const Settings& settings) { return settings.optimizer.name == "rmsprop"; }
bool is_muon(const Settings& settings) { return settings.optimizer.name == "muon"; }
bool has_momentum(const Settings& settings) {
    return is_sgd(settings) || is_rmsprop(settings) || is_muon(settings);
}
bool has_betas(const Settings& settings) { return !is_sgd(settings) && !is_rmsprop(settings); }
bool has_epsilon(const Settings& settings) { return !is_sgd(settings); }

// What only some optimizers take must not be ignored in silence.
Setting of_optimizer(Condition takes, Setting setting) {
    return only_for(
        takes, "--optimizer", [](const Settings& s) { return s.optimizer.name; }, std::move(setting));
}

// With the defaults of PyTorch, of muon those of its authors, and the model's own epsilon for Adam.
void set_optimizer_defaults(Settings& settings, const std::string& name) {
    OptimizerSettings& optimizer = settings.optimizer;
    optimizer.learning_rate = is_muon(settings)                          ? 0.02
                              : is_sgd(settings) || is_rmsprop(settings) ? 0.01
                                                                         : 1e-3;
    optimizer.momentum = is_muon(settings) ? 0.95 : 0;
    optimizer.weight_decay = name == "adamw" ? 0.01 : 0;
    optimizer.epsilon = is_rmsprop(settings) ? 1e-8 : settings.model->adam_epsilon;
}

void set_betas(Settings& settings, const std::string& text) {
    const std::size_t comma = text.find(',');
    if (comma == std::string::npos) usage_error("--betas", "must be two numbers X,X, got ", text);
    const NumberRange range{.low = 0, .below = 1};
    settings.optimizer.beta1 = parse_number("--betas", text.substr(0, comma), range);
    settings.optimizer.beta2 = parse_number("--betas", text.substr(comma + 1), range);
}

void check_nesterov(Settings& settings, const std::string& /*text*/) {
    if (settings.optimizer.nesterov && settings.optimizer.momentum == 0)
        usage_error("--nesterov", "needs a --momentum above 0");
}

void set_statistics_samples(Settings& settings, const std::string& name) {
    if (name == "precise") settings.plan.statistics_samples = kStatisticsSamples;
}

}  // namespace

std::vector<Setting> optimizer_settings() {
    return {
        and_then(choice(
                     "optimizer", {"adam", "adamw", "muon", "rmsprop", "sgd"}, " (default adam)",
                     always("adam"), [](auto& s) -> auto& { return s.optimizer.name; }),
                 set_optimizer_defaults),
        changeable(number(
            "lr", "learning rate (default 1e-3; rmsprop and sgd: 1e-2; muon: 2e-2)",
            {.low = 0, .low_included = false}, [](auto& s) -> auto& { return s.optimizer.learning_rate; })),
        of_optimizer(has_momentum,
                     number(
                         "momentum", "of muon, rmsprop and sgd (default 0; muon: 0.95)",
                         {.low = 0, .below = 1}, [](auto& s) -> auto& { return s.optimizer.momentum; })),
        of_optimizer(is_sgd, where([](const Settings& s) { return s.optimizer.nesterov; },
                                   and_then(boolean(
                                                "nesterov", "of sgd: Nesterov's momentum",
                                                [](auto& s) -> auto& { return s.optimizer.nesterov; }),
                                            check_nesterov))),
        of_optimizer(is_rmsprop,
                     number(
                         "alpha", "of rmsprop: of its mean of squares (default 0.99)", {.low = 0, .below = 1},
                         [](auto& s) -> auto& { return s.optimizer.alpha; })),
        of_optimizer(has_betas, row(SettingKind::number_pair, "betas", "X,X",
                                    "of adam, adamw and muon, X,X (default 0.9,0.999)", {}, set_betas,
                                    [](const Settings& s) {
                                        return shortest(s.optimizer.beta1) + ',' +
                                               shortest(s.optimizer.beta2);
                                    })),
        of_optimizer(has_epsilon,
                     number(
                         "epsilon", "of all but sgd (default: the model's published one; rmsprop: 1e-8)",
                         {.low = 0}, [](auto& s) -> auto& { return s.optimizer.epsilon; })),
        of_optimizer(is_muon, number(
                                  "auxiliary_lr", "of muon: of what is no matrix (default 1e-3)",
                                  {.low = 0, .low_included = false},
                                  [](auto& s) -> auto& { return s.optimizer.auxiliary_rate; })),
        number(
            "weight_decay", "(default 0; adamw: 0.01)", {.low = 0},
            [](auto& s) -> auto& { return s.optimizer.weight_decay; }),
        where([](const Settings& s) { return s.optimizer.decay != "all"; },
              choice(
                  "decay", {"all", "weights"}, ": what the weight decay is of (default all)", always("all"),
                  [](auto& s) -> auto& { return s.optimizer.decay; })),
        where([](const Settings& s) { return s.plan.clip_norm > 0; },
              number(
                  "clip_norm", "the largest norm of all gradients (default: any)",
                  {.low = 0, .low_included = false}, [](auto& s) -> auto& { return s.plan.clip_norm; })),
        number(
            "label_smoothing", "(default 0)", {.low = 0, .below = 1},
            [](auto& s) -> auto& { return s.label_smoothing; }),
        and_then(choice(
                     "running_statistics", {"precise", "corrected", "published"},
                     ": of batch norms (default precise)", always("precise"),
                     [](auto& s) -> auto& { return s.running_statistics; }),
                 set_statistics_samples),
        where([](const Settings& s) { return s.plan.average_decay > 0; },
              number(
                  "ema", "decay of averaged weights, which are evaluated and saved (default: none)",
                  {.low = 0, .low_included = false, .below = 1},
                  [](auto& s) -> auto& { return s.plan.average_decay; })),
    };
}

}  // namespace tern::apps
