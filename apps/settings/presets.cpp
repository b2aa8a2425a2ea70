#include "tern/apps/settings/presets.hpp"

#include <algorithm>
#include <array>

namespace tern::apps {
namespace {

constexpr std::array kPresets{
    // The runs of the paper (docs/training.md says which).
    Preset{"paper-sequential", "mini_xception", R"(
normalize = 'unit'
augment = 'none'
batch_size = 32
epochs = 8
optimizer = 'adam'
lr = 1e-3
betas = [0.9, 0.999]
epsilon = 1e-7
weight_decay = 0
schedule = 'constant'
label_smoothing = 0
running_statistics = 'published'
)"},
    Preset{"paper-pytorch", "mini_xception_dense", R"(
normalize = 'half'
augment = 'none'
batch_size = 64
epochs = 20
optimizer = 'adam'
lr = 1e-3
betas = [0.9, 0.999]
epsilon = 1e-8
weight_decay = 0
schedule = 'constant'
label_smoothing = 0
running_statistics = 'published'
)"},
    Preset{"paper-mirrored", "mini_xception", R"(
normalize = 'unit'
augment = 'none'
validation = 0.2
batch_size = 32
epochs = 20
optimizer = 'adam'
lr = 1e-3
betas = [0.9, 0.999]
epsilon = 1e-7
weight_decay = 0
schedule = 'constant'
label_smoothing = 0
running_statistics = 'published'
)"},
};

}  // namespace

std::span<const Preset> presets() { return kPresets; }

std::vector<std::string_view> preset_names() {
    std::vector<std::string_view> names;
    for (const Preset& preset : kPresets)
        if (std::ranges::find(names, preset.name) == names.end()) names.push_back(preset.name);
    return names;
}

ConfigValues preset_values(const std::string& name, const Flag& model) {
    parse_choice("--preset", name, preset_names());
    std::string models;
    for (const Preset& preset : kPresets) {
        if (preset.name != name) continue;
        if (!model || preset.model == *model) {
            ConfigValues values = parse_config(preset.settings, to_text("--preset ", name), train_settings());
            values["model"] = preset.model;
            return values;
        }
        models += to_text(models.empty() ? "" : ", ", preset.model);
    }
    usage_error("--preset", name, " is for ", models, ", got --model ", *model);
}

}  // namespace tern::apps
