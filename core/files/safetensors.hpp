// Safetensors: a file of named tensors (https://huggingface.co/docs/safetensors). Eight bytes with the length
// of a JSON header, the header, the elements.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "tern/core/named_tensor.hpp"

namespace tern {

struct Safetensors {
    NamedTensors tensors;                         // on the CPU
    std::map<std::string, std::string> metadata;  // the header's __metadata__
    /// Tensors that tern cannot hold, and why: "has elements of type F8_E4M3".
    std::map<std::string, std::string> passed_over = {};
};

/// Reads a whole file. Throws Error, one line that names the file, the tensor and the rule, unless the header
/// is what it should be, no name appears twice, and the tensors fill the rest of the file without gap or
/// overlap. A file of another kind is named by what it is. Elements of F64, F32, F16, BF16, I64, I32 and U8
/// are read; tensors of the format's other types are checked and skipped, so are those of more dimensions
/// than a Shape has.
Safetensors read_safetensors(const std::filesystem::path& path);

/// The same without reading the elements: the tensors share the file's pages (map_file()), which the system
/// reads when they are looked at and may drop again, so that a file may be larger than memory. They are
/// read-only: writing to one ends the program.
Safetensors map_safetensors(const std::filesystem::path& path);

/// The same from the bytes of a file; messages name it `file`.
Safetensors parse_safetensors(const std::string& file, std::span<const std::byte> bytes);

/// Replaces `path` by a file of these tensors (any device), all of it or nothing. Elements are laid out by
/// falling size, else in the given order, so that each tensor is aligned for readers that map the file.
void write_safetensors(const std::filesystem::path& path, const Safetensors& content);

/// The bytes of such a file; throws Error that names `file` where two tensors have one name, or a name or the
/// metadata cannot be written.
std::vector<std::byte> encode_safetensors(const std::string& file, const Safetensors& content);

}  // namespace tern
