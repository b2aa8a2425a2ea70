// What the targets share. A reader takes its input or refuses it with an Error that names the input; another
// exception, an assertion of our own, and whatever the sanitizers see, is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "tern/core/error.hpp"

namespace tern::fuzz {

/// How the input is called in messages.
inline const std::string kName = "input";

/// A finding unless `condition` holds.
inline void require(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "FINDING: %s\n", what);
    std::abort();
}

/// Runs `read`, which may refuse.
template <class Read>
void read_or_refuse(const Read& read) {
    try {
        read();
    } catch (const Error& error) {
        if (error.where() != kName) require(false, error.what());
    }
}

inline std::string_view as_text(std::span<const std::uint8_t> input) {
    return {reinterpret_cast<const char*>(input.data()), input.size()};
}

}  // namespace tern::fuzz

/// Each target defines this; libFuzzer calls it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
