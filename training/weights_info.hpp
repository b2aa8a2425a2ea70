// What a weight file says about itself.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tern/data/normalization.hpp"
#include "tern/layers/prune/widths.hpp"

namespace tern {

/// What a weight file says about itself, in its __metadata__.
struct WeightsInfo {
    std::string model;                      // name in the registry
    std::vector<std::string> classes = {};  // names, in the order of the logits
    Normalization normalization = {};       // of the pixels, a number for each channel, or none
    Shape image = {32, 32, 3};              // (H, W, C) that it was trained on; in older files none is named
    bool quantized = false;                 // the state of a QuantizedModel
    Widths widths = {};                     // of a pruned model: what the registered one is narrowed to
};

/// Reads it from the metadata of a file; none where that has no format_version, as in files of other
/// programs. Throws Error that names `file` and the key if something is missing or not what it should be.
std::optional<WeightsInfo> parse_weights_info(const std::string& file,
                                              const std::map<std::string, std::string>& metadata);

/// The other way.
std::map<std::string, std::string> weights_metadata(const WeightsInfo& info);

/// Widths as a line of JSON, {"conv.weight": [48, 0, 0, 0]}, and back; throws Error that names `file`. Whether a model can have them
/// narrow() says.
std::string widths_text(const Widths& widths);
Widths parse_widths(const std::string& file, const std::string& text);

}  // namespace tern
