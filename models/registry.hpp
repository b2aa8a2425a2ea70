// Models by name, with what they are trained with.
#pragma once

#include <cstdint>
#include <functional>
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
    // Of the images; 0 is for make_model(), which takes those of ModelInfo::image: 3, 32, 32.
    std::int64_t channels = 0, height = 0, width = 0;
};

/// A model and the settings of its own training, which flags may replace.
struct ModelInfo {
    std::string name;
    /// A new model on the CPU in float32, initialised; all options are given and at least 1. Throws Error for
    /// a size that the model cannot take.
    std::function<std::unique_ptr<Module>(const ModelOptions&)> make;
    Shape image = {32, 32, 3};           // (H, W, C)
    std::string normalization = "half";  // of pixels: "unit" x/255, "half" (x/255 - 0.5)/0.5
    double adam_epsilon = 1e-8;
    std::int64_t batch_size = 64;
    std::int64_t epochs = 20;
};

/// The models of tern, then those of register_model(), in their order. What it returns stays as it is, whatever
/// is registered later.
std::span<const ModelInfo> all_models();
/// "mini_xception, mini_xception_dense, ..."
std::string model_names();
/// Throws Error that lists the names.
const ModelInfo& find_model(std::string_view name);
/// A new model on the CPU in float32, in training mode, initialised. Throws Error for an unknown name, fewer
/// than one class, and images that the model cannot take.
std::unique_ptr<Module> make_model(std::string_view name, const ModelOptions& options = {});

/// Adds a model of one's own, which all of the above and what is built on them (weight files, Predictor, ...)
/// then know:
///
///     tern::register_model({"my_net", [](const tern::ModelOptions& options) {
///                               return std::make_unique<MyNet>(options.classes, options.seed);
///                           }});
///
/// Any thread may, also while others ask, and so may initialisers of static objects. Throws Error for a name
/// that is taken or not of letters, digits, '_' and '-', nothing to make it with, and settings below 1.
void register_model(ModelInfo info);

}  // namespace tern
