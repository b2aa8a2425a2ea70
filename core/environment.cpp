#include "tern/core/environment.hpp"

#include <charconv>
#include <cstdlib>

#include "tern/core/error.hpp"

namespace tern {

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::optional<std::int64_t> environment_number(const char* name, std::int64_t most) {
    const std::string text = environment(name);
    if (text.empty()) return {};
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    TERN_CHECK(error == std::errc{} && end == text.data() + text.size() && number >= 1 && number <= most,
               name, "must be a whole number from 1 to ", most, ", got \"", text, '"');
    return number;
}

}  // namespace tern
