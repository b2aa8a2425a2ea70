#include "tern/apps/settings/presets.hpp"

#include <algorithm>
#include <array>

namespace tern::apps {
namespace {

// What the runs of the paper share (docs/training.md says which they are).
constexpr std::string_view kPaper = R"(
augment = 'none'
optimizer = 'adam'
lr = 1e-3
betas = [0.9, 0.999]
weight_decay = 0
schedule = 'constant'
label_smoothing = 0
running_statistics = 'published'
)";

// Found by trying (docs/training.md).
constexpr std::string_view kMuon = R"(
normalize = 'dataset'
batch_size = 128
optimizer = 'muon'
lr = 0.02
auxiliary_lr = 0.008
weight_decay = 0.05
decay = 'weights'
schedule = 'polynomial'
warmup = 0.5
)";

constexpr std::array kPresets{
    Preset{"paper-sequential", "mini_xception", kPaper, R"(
normalize = 'unit'
batch_size = 32
epochs = 8
epsilon = 1e-7
)"},
    Preset{"paper-pytorch", "mini_xception_dense", kPaper, R"(
normalize = 'half'
batch_size = 64
epochs = 20
epsilon = 1e-8
)"},
    Preset{"paper-mirrored", "mini_xception", kPaper, R"(
normalize = 'unit'
validation = 0.2
batch_size = 32
epochs = 20
epsilon = 1e-7
)"},
    Preset{"quick", "mini_xception", kMuon, R"(
augment = 'crop=4:reflect,flip=alternate'
epochs = 8
early_size = [24, 5]
)"},
    Preset{"good", "mini_xception", kMuon, R"(
augment = 'crop=4:reflect,flip=alternate'
epochs = 30
early_size = [24, 18]
)"},
    Preset{"good", "tiniest", kMuon, R"(
augment = 'crop=4:reflect,flip=alternate,cutout=8'
epochs = 30
early_size = [24, 18]
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
            ConfigValues values = parse_config(to_text(preset.recipe, preset.settings),
                                               to_text("--preset ", name), train_settings());
            values["model"] = preset.model;
            return values;
        }
        models += to_text(models.empty() ? "" : ", ", preset.model);
    }
    usage_error("--preset", name, " is for ", models, ", got --model ", *model);
}

}  // namespace tern::apps
