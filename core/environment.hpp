// Variables of the process's environment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tern {

/// The value of a variable; "" where it is not set, which says the same as one that is empty.
std::string environment(const char* name);

/// The whole number from 1 to `most` that a variable holds, or none where it is not set. Throws Error for anything else.
std::optional<std::int64_t> environment_number(const char* name, std::int64_t most);

}  // namespace tern
