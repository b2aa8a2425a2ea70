// The flags of Google Benchmark, read and checked by us: the library skips wrong values, prints lines
// of its own or ends the process.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tern::bench {

struct GoogleFlags {
    std::vector<std::string> words;  // as the library reads them, among them:
    std::string filter, out;         // "": none
    bool list = false;
};

/// Of the command line, and of the environment variables that the library takes for them; nothing where it
/// was for its help, which is printed. Throws apps::UsageError, and Error for a file that cannot be written.
std::optional<GoogleFlags> parse_google_flags(int argc, char** argv);

}  // namespace tern::bench
