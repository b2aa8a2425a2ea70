// Numbers made from a name and an index; the formulas stand in README.md beside this file.
#pragma once

#include <cstdint>
#include <string_view>

namespace tern::test {

class Hashed {
  public:
    explicit Hashed(std::string_view name) {
        for (const char c : name) key_ = (key_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }

    std::uint64_t bits(std::int64_t i) const {
        std::uint64_t z = key_ + (static_cast<std::uint64_t>(i) + 1) * 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    /// Uniform in offset +- scale, exact in float32.
    double value(std::int64_t i, double scale = 1, double offset = 0) const {
        const double uniform = static_cast<double>(bits(i) >> 11) * 0x1p-53;
        return static_cast<float>(offset + scale * (2 * uniform - 1));
    }
    double sign(std::int64_t i) const { return (bits(i) >> 63) != 0 ? 1 : -1; }
    std::int64_t integer(std::int64_t i, std::int64_t below) const {
        return static_cast<std::int64_t>(bits(i) % static_cast<std::uint64_t>(below));
    }

  private:
    std::uint64_t key_ = 0xcbf29ce484222325;  // FNV-1a's start
};

}  // namespace tern::test
