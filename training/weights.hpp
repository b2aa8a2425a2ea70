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

/// Reads a safetensors file; throws Error that names it and the rule, or what it is instead. Metadata of
/// other programs is skipped.
Weights read_weights(const std::filesystem::path& path);

/// Where a file was made for another number of classes than the model: the last layer, and that number.
struct OtherHead {
    std::string layer;  // "head.fc2"
    std::int64_t classes = 0;
};
/// None if weight and bias of the model's last layer have the model's number of classes, or differ in more
/// than that.
std::optional<OtherHead> other_head(const Module& model, const Weights& weights);

/// Throws Error unless the classes of the file, where it names some, are `classes`, those of the data set `source`.
void check_classes(const Weights& weights, const std::vector<std::string>& classes,
                   const std::string& source);

/// Narrows `model`, as the registry makes it, to the widths of a file of a pruned model; else does nothing. Throws Error that names the
/// file where the model cannot have them, and then it is as before; else says whether anything changed.
bool narrow_to(Module& model, const Weights& weights);

/// Copies the weights into `model`, the model of name `name`, which narrow_to() makes fit first. Numbers are converted as load_state() does it,
/// and what wrappers of PyTorch put before names is taken off (with_names_of). Throws Error, before anything
/// is changed, if the file says that it is of another model or in 8 bits (ready_model() takes it), or if names and shapes are not exactly those of
/// model.state() without the parts `left_out` (load_state).
void load_weights(Module& model, const std::string& name, const Weights& weights,
                  const std::vector<std::string>& left_out = {});

/// Replaces the file by the model's state, or leaves it as it was and throws Error. `info`: what the file is to
/// say about itself.
void save_weights(const std::filesystem::path& path, const Module& model,
                  const std::optional<WeightsInfo>& info = {});

}  // namespace tern
