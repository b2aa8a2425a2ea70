// Models by name, with what the paper trained them with.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tern/layers/module.hpp"

namespace tern {

struct ModelOptions {
    std::int64_t classes = 10;
    std::uint64_t seed = 0;        // of the initial weights
    bool bias_correction = false;  // of the running statistics: BatchNorm2dOptions
};

/// A model and the settings of its own training, which flags may replace.
struct ModelInfo {
    std::string_view name;
    std::unique_ptr<Module> (*make)(const ModelOptions&);
    Shape image;                     // (H, W, C)
    std::string_view normalization;  // of pixels: "unit" x/255, "half" (x/255 - 0.5)/0.5
    double adam_epsilon;
    std::int64_t batch_size;
    std::int64_t epochs;
};

std::span<const ModelInfo> all_models();
/// "mini_xception, mini_xception_dense"
std::string model_names();
/// Throws Error that lists the names.
const ModelInfo& find_model(std::string_view name);
/// A new model on the CPU in float32, in training mode, initialised. Throws Error for an unknown name or
/// fewer than one class.
std::unique_ptr<Module> make_model(std::string_view name, const ModelOptions& options = {});

}  // namespace tern
