#include "tern/core/error.hpp"

namespace tern {

void assertion_failed(const char* condition, const char* file, int line) {
    throw Error(to_text("[tern] internal error, please report it: ", condition, " does not hold at ", file,
                        ':', line));
}

}  // namespace tern
