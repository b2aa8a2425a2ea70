#include "tern/apps/train_flags.hpp"

#include "tern/apps/options.hpp"
#include "tern/apps/settings/presets.hpp"

namespace tern::apps {

void TrainFlags::add_to(CLI::App& app) {
    for (const Setting& setting : train_settings()) {
        if (setting.kind == SettingKind::boolean)
            add_flag(app, flag_of(setting.name), switches_[setting.name], setting.help);
        else
            add_option(app, flag_of(setting.name), values[setting.name], setting.type, setting.help);
    }
    add_option(app, "--run", run, "DIR",
               "folder for what the run leaves (default: a fresh runs/DATE-MODEL-N)");
    add_flag(app, "--resume", resume, "continue the run in --run");
    add_option(app, "--config", config, "FILE", "TOML file of flags; those given here go before it");
    add_flag(app, "--json", json,
             "final metrics as one JSON object on standard output, all else on standard error");
    add_flag(app, "--dry-run", dry_run, "check everything, print the settings, train and write nothing");
    add_option(app, "--plot-schedule", plot_schedule, "FILE",
               "draw the learning rate over the run as SVG, train nothing");
    add_option(app, "--trace", trace, "FILE", "what ranks did when, as a Chrome trace (Perfetto)");
    add_footer(app,
               "Examples:\n"
               "  tern train --data ~/.cache/tern --epochs 2 --batch-size 64\n"
               "  tern train --data synthetic --steps 20 --log-steps --run runs/try\n"
               "  tern train --resume --run runs/try --steps 40");
}

Flag TrainFlags::value(const std::string& name) const {
    if (const auto found = switches_.find(name); found != switches_.end() && found->second) return "true";
    const auto found = values.find(name);
    return found == values.end() ? Flag() : found->second;
}

TrainSettings TrainFlags::settings() const {
    if (resume && !run) usage_error("--resume", "needs --run, the folder of the run");
    if (has("epochs") && has("steps")) usage_error("--steps", "cannot be given together with --epochs");
    const Flag preset = value("preset");
    // What a run that is resumed had from it stands in its config.toml.
    const ConfigValues defaults = preset && !resume ? preset_values(*preset, value("model")) : ConfigValues();
    TrainSettings settings;
    for (const Setting& setting : train_settings()) {
        const auto other = defaults.find(setting.name);
        if (const Flag given = value(setting.name))
            setting.set(settings, *given);
        else if (other != defaults.end() && (!setting.applies || setting.applies(settings)))
            setting.set(settings, other->second);
        else if (setting.standard)
            setting.set(settings, setting.standard());
    }
    settings.runtime = settings.runtime_flags.settings();
    return settings;
}

}  // namespace tern::apps
