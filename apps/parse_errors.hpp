// What is wrong with a command line, in the words of the program: those of CLI11 name the flag somewhere,
// here the rule comes after what it is about, as everywhere else.
#pragma once

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace tern::apps {

/// Throws UsageError for what `app.parse()` threw.
[[noreturn]] void rethrow_parse_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace tern::apps
