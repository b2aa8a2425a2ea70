// Variables of the process's environment.
#pragma once

#include <string>

namespace tern {

/// The value of a variable; "" where it is not set, which says the same as one that is empty.
std::string environment(const char* name);

}  // namespace tern
