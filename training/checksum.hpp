// Sums that tell damaged data from whole.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tern/core/named_tensor.hpp"

namespace tern {

/// Of the elements of tensors, one after the other, on any device.
std::string checksum(const NamedTensors& tensors);

/// A line of a file as xxh128sum writes it.
struct FileSum {
    std::string sum, name;
    bool operator==(const FileSum&) const = default;
};

/// Throws Error that names `file` and the line unless each line is whole: a sum, two blanks and the name, not
/// seen before, of a file in the same folder.
std::vector<FileSum> parse_sums(const std::string& file, std::string_view text);
/// The other way.
std::string sums_text(const std::vector<FileSum>& sums);

}  // namespace tern
