// XXH128 of bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

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

}  // namespace tern
