// A hash of 64 bits for tables and names.
#pragma once

#include <cstdint>
#include <string_view>

namespace tern {

/// FNV-1a (Fowler, Noll, Vo), over bytes or over whole words.
class Fnv1a {
  public:
    void add(std::uint64_t word) { value_ = (value_ ^ word) * 0x100000001b3u; }
    void add(std::string_view bytes) {
        for (const char byte : bytes) add(std::uint64_t{static_cast<unsigned char>(byte)});
    }
    std::uint64_t value() const { return value_; }

  private:
    std::uint64_t value_ = 0xcbf29ce484222325u;
};

}  // namespace tern
