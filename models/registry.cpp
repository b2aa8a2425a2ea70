#include "tern/models/registry.hpp"

#include <array>

#include "tern/layers/batch_norm2d.hpp"
#include "tern/models/mini_xception.hpp"
#include "tern/models/mini_xception_dense.hpp"

namespace tern {

std::span<const ModelInfo> all_models() {
    static const std::array<ModelInfo, 2> models{{
        {"mini_xception", make_mini_xception, {32, 32, 3}, "unit", 1e-7, 32, 8},
        {"mini_xception_dense", make_mini_xception_dense, {32, 32, 3}, "half", 1e-8, 64, 20},
    }};
    return models;
}

std::string model_names() {
    std::string names;
    for (const ModelInfo& model : all_models()) names += to_text(names.empty() ? "" : ", ", model.name);
    return names;
}

const ModelInfo& find_model(std::string_view name) {
    for (const ModelInfo& model : all_models()) {
        if (model.name == name) return model;
    }
    fail("model", "no model \"", name, "\", only ", model_names());
}

std::unique_ptr<Module> make_model(std::string_view name, const ModelOptions& options) {
    const ModelInfo& info = find_model(name);
    TERN_CHECK(options.classes >= 1, "model", "classes must be at least 1, got ", options.classes);
    std::unique_ptr<Module> model = info.make(options);
    model->visit([&options](const std::string&, Module& module) {
        if (auto* const norm = dynamic_cast<BatchNorm2d*>(&module))
            norm->set_bias_correction(options.bias_correction);
    });
    return model;
}

}  // namespace tern
