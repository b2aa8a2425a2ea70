#include "tern/core/error.hpp"

#include <utility>

namespace tern {

Error::Error(std::string where, std::string rule)
    : std::runtime_error(to_text('[', where, "] ", rule)), where_(std::move(where)), rule_(std::move(rule)) {}

void assertion_failed(const char* condition, const char* file, int line) {
    fail("tern", "internal error, please report it: ", condition, " does not hold at ", file, ':', line);
}

}  // namespace tern
