// tern's own layout of a data set: a safetensors file for each split, which Python reads and writes in two
// lines.
#pragma once

#include <filesystem>

#include "tern/core/files/safetensors.hpp"
#include "tern/data/dataset_format.hpp"

namespace tern {

extern const DatasetFormat kSafetensorsSetFormat;

/// Maps `folder`/train.safetensors or test.safetensors: nothing but its labels is read, so that a set may be
/// larger than memory (map_safetensors()). It holds a tensor `images`, U8 (R, H, W, C) or (R, H, W), or
/// `features`, F32 (R, ...); and `labels`, I64, I32 or U8 (R), or `targets`, F32 (R, ...). Its metadata may have
/// `classes`, a JSON array of the labels' names. A file without it has the names of the training file; where
/// that has none either, or there is none, the classes are "class 0" to the largest label. Other tensors are
/// skipped. Throws Error that names the file, the rule and the value.
Dataset read_safetensors_set(const std::filesystem::path& folder, Split split);

/// Writes the two files (of sets on the CPU) as a new folder, all of it or nothing. Throws Error where
/// `folder` exists and is not empty, or the sets do not fit check_dataset() or each other: samples of one
/// shape and type, targets too, the same classes.
void write_safetensors_set(const std::filesystem::path& folder, const Dataset& train, const Dataset& test);

/// What one file holds, without names that another one has; messages call it `file`.
Dataset parse_safetensors_set(const std::string& file, const Safetensors& content);

}  // namespace tern
