// The flags that the commands of tern-bench share.
#pragma once

#include <CLI/CLI.hpp>

#include "tern/apps/flags.hpp"
#include "tern/apps/parse_errors.hpp"
#include "tern/models/registry.hpp"

namespace tern::bench {

inline constexpr std::int64_t kMostBatch = 65536, kMostThreads = 4096;

inline int parse_int(std::string_view flag, const std::string& text, std::int64_t most) {
    return static_cast<int>(apps::parse_integer(flag, text, 1, most));
}

/// The model that `flag` names, "" for the default.
inline const ModelInfo& parse_model(std::string_view flag, const std::string& name) {
    try {
        return find_model(name.empty() ? "mini_xception" : name);
    } catch (const Error& error) {
        apps::usage_error(flag, error.rule());
    }
}

/// Whether a command line has `flag` or `flag=...`.
inline bool asks_for(std::string_view flag, int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word.starts_with(flag) && (word.size() == flag.size() || word[flag.size()] == '=')) return true;
    }
    return false;
}

/// Reads a command line; false where that was for its help, which is printed.
inline bool parse(CLI::App& app, int argc, char** argv) {
    try {
        app.parse(argc, argv);
        return true;
    } catch (const CLI::Success& asked) {  // --help
        app.exit(asked);
        return false;
    } catch (const CLI::ParseError& error) {
        apps::rethrow_parse_error(app, error);
    }
}

}  // namespace tern::bench
