#include "tern/core/environment.hpp"

#include <cstdlib>

namespace tern {

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace tern
