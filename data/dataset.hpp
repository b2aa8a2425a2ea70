// Labelled images in memory, as the files store them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

struct Dataset {
    Tensor images;                     // (R, 3, H, W) uint8, planes red, green, blue
    Tensor labels;                     // (R) int32, each in [0, classes.size())
    std::vector<std::string> classes;  // names, in the order of the labels
    std::string source;                // where it is from, for messages: a folder, or "synthetic"

    std::int64_t size() const { return images.dim(0); }
    std::int64_t class_count() const { return static_cast<std::int64_t>(classes.size()); }
    /// The same samples on `device`.
    Dataset to(Device device) const;
};

/// Which samples: those to train on, or those kept for tests.
enum class Split : std::uint8_t { train, test };

std::string_view name_of(Split split);
/// "train" or "test"; throws Error otherwise.
Split parse_split(std::string_view name);

}  // namespace tern
