// Text as files and messages of other programs have it.
#pragma once

#include <string_view>

namespace tern {

/// Whether the bytes are UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing above
/// U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace tern
