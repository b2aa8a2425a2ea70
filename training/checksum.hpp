// Sums that tell damaged data from whole.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tern/core/named_tensor.hpp"

namespace tern {

/// XXH128 (https://xxhash.com) in 32 hexadecimal digits, as xxh128sum prints it. Against accidents, not
/// against forgery.
std::string xxh128(std::span<const std::byte> bytes);

/// The same of bytes that come piece by piece.
class Xxh128 {
  public:
    Xxh128();
    ~Xxh128();
    Xxh128(const Xxh128&) = delete;
    Xxh128& operator=(const Xxh128&) = delete;

    void add(std::span<const std::byte> bytes);
    /// Of all so far.
    std::string sum() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

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
