// --help that fits a screen.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace tern::apps {

/// Lines of at most 80 columns: what an option is about is wrapped into a column of its own.
class HelpFormatter : public CLI::Formatter {
  public:
    std::string make_option(const CLI::Option* option, bool is_positional) const override;
    /// Of a flag with several long names only the first: the others are former ones.
    std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
};

}  // namespace tern::apps
