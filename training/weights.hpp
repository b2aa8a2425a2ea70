// Weight files: safetensors with the names of the model, and what is needed to use them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tern/layers/module.hpp"
#include "tern/training/weights_info.hpp"

namespace tern {

/// A weight file that was read, not yet in a model.
struct Weights {
    std::string file;
    std::optional<WeightsInfo> info;  // none: a file of another program
    NamedTensors tensors;
};

/// Reads a safetensors file; throws Error that names it and the rule. Metadata of other programs is passed
/// over.
Weights read_weights(const std::filesystem::path& path);

/// Copies the weights into `model`, the model of name `name`; float32 and float64 are converted into each
/// other. Throws Error, before anything is changed, if the file says that it is of another model, or if
/// names, shapes or types are not exactly those of model.state() without the parts `left_out` (load_state).
void load_weights(Module& model, const std::string& name, const Weights& weights,
                  const std::vector<std::string>& left_out = {});

/// Replaces the file by the model's state, or leaves it as it was and throws Error.
void save_weights(const std::filesystem::path& path, Module& model, const WeightsInfo& info);

}  // namespace tern
