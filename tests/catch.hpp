// Catch2, version 2 (Debian 12) or 3: the one header through which tests include it. Tests are written in the
// words of version 2.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <string>
#include <utility>

#include <catch2/catch_all.hpp>

namespace Catch {
using Matchers::EndsWith;
using Matchers::Matches;
using Matchers::StartsWith;
inline auto Contains(std::string text) { return Matchers::ContainsSubstring(std::move(text)); }
}  // namespace Catch
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
