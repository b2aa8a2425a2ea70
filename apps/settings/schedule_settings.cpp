#include <algorithm>

#include "tern/apps/settings/rows.hpp"

namespace tern::apps {
namespace {

using Settings = TrainSettings;

bool is(const Settings& settings, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, settings.schedule.name) != names.end();
}
bool has_milestones(const Settings& settings) { return is(settings, {"step"}); }
bool has_factor(const Settings& settings) { return is(settings, {"step", "plateau"}); }
bool has_final_rate(const Settings& settings) {
    return is(settings, {"cosine", "one-cycle", "plateau", "polynomial"});
}
bool has_power(const Settings& settings) { return is(settings, {"polynomial"}); }
bool has_patience(const Settings& settings) { return is(settings, {"plateau"}); }

// What only some schedules take must not be ignored in silence.
Setting of_schedule(Condition takes, Setting setting) {
    return only_for(
        takes, "--schedule", [](const Settings& s) { return s.schedule.name; }, std::move(setting));
}

// Left out where none is given.
template <class Field>
Setting optional_number(const std::string& name, const std::string& help, const NumberRange& range,
                        Field field) {
    return row(
        SettingKind::number, name, "X", help, {},
        [=](Settings& s, const std::string& text) { field(s) = parse_number(flag_of(name), text, range); },
        [=](const Settings& s) { return field(s) ? Flag(shortest(*field(s))) : Flag(); });
}

void check_evaluates(const Settings& settings, const std::string& name) {
    if (name == "plateau" && counts_steps(settings))
        usage_error("--schedule", "plateau follows evaluations, of which a run of --steps has none");
}

void set_milestones(Settings& settings, const std::string& text) {
    settings.schedule.milestones.clear();
    for (const std::string& part : split_at_commas(text))
        settings.schedule.milestones.push_back(
            parse_number("--milestones", part, {.low = 0, .low_included = false}));
}

std::string milestones_text(const Settings& settings) {
    std::string text;
    for (const double epochs : settings.schedule.milestones)
        text += (text.empty() ? "" : ",") + shortest(epochs);
    return text;
}

void set_growth(Settings& settings, const std::string& text) {
    settings.plan.batch_growth.clear();
    for (const std::string& part : split_at_commas(text)) {
        const std::size_t at = part.find('@');
        if (at == std::string::npos)
            usage_error("--batch-schedule", "must be factors and epochs such as 2@11,4@16, got ", text);
        settings.plan.batch_growth.push_back(
            {.epoch = parse_integer("--batch-schedule", part.substr(at + 1), 2),
             .factor = parse_integer("--batch-schedule", part.substr(0, at), 1)});
    }
}

std::string growth_text(const Settings& settings) {
    std::string text;
    for (const BatchGrowth& growth : settings.plan.batch_growth)
        text += to_text(text.empty() ? "" : ",", growth.factor, '@', growth.epoch);
    return text;
}

}  // namespace

std::vector<Setting> schedule_settings() {
    return {
        and_then(choice(
                     "schedule", {"constant", "cosine", "one-cycle", "plateau", "polynomial", "step"},
                     ": of the learning rate (default constant)", always("constant"),
                     [](auto& s) -> auto& { return s.schedule.name; }),
                 check_evaluates),
        optional_number(
            "warmup", "epochs in which the rate rises (default 0; one-cycle: 0.3 of the run)", {.low = 0},
            [](auto& s) -> auto& { return s.schedule.warmup; }),
        of_schedule(
            has_final_rate,
            optional_number(
                "final_lr", "the rate at the end, plateau: the lowest (default 0; one-cycle: lr / 250000)",
                {.low = 0}, [](auto& s) -> auto& { return s.schedule.final_rate; })),
        of_schedule(has_milestones,
                    row(SettingKind::text, "milestones", "X,X...",
                        "of step: epochs after which the rate falls", {}, set_milestones, milestones_text)),
        of_schedule(has_factor, number(
                                    "lr_factor", "of step and plateau: by which the rate falls (default 0.1)",
                                    {.low = 0, .low_included = false, .below = 1},
                                    [](auto& s) -> auto& { return s.schedule.factor; })),
        of_schedule(has_power, number(
                                   "power", "of polynomial (default 1)", {.low = 0, .low_included = false},
                                   [](auto& s) -> auto& { return s.schedule.power; })),
        of_schedule(has_patience, integer(
                                      "patience", "of plateau: evaluations without a better one (default 10)",
                                      0, {}, [](auto& s) -> auto& { return s.schedule.patience; })),
        where([](const Settings& s) { return !s.plan.batch_growth.empty(); },
              row(SettingKind::text, "batch_schedule", "N@N,...",
                  "factors and the epochs from which they hold: 2@11,4@16", {}, set_growth, growth_text)),
    };
}

}  // namespace tern::apps
