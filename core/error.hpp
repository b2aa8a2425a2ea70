// Errors: one public exception type, one line per message, "[where] rule and value".
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tern {

/// The only exception type that tern throws. `what()` is one line, "[where] rule".
class Error : public std::runtime_error {
  public:
    Error(std::string where, std::string rule);

    /// What it is about: a file, an operation, a layer.
    const std::string& where() const { return where_; }
    /// What is wrong there, with the value.
    const std::string& rule() const { return rule_; }

  private:
    std::string where_, rule_;
};

/// All arguments written one after the other, as an output stream writes them.
template <class... Args>
std::string to_text(const Args&... args) {
    std::ostringstream out;
    out.precision(9);
    (out << ... << args);
    return out.str();
}

/// Throws Error(where, parts...).
template <class... Args>
[[noreturn]] void fail(std::string_view where, const Args&... parts) {
    throw Error(std::string(where), to_text(parts...));
}

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace tern

/// The caller's fault: throws "[where] parts..." unless `condition` holds. The parts are evaluated only then.
#define TERN_CHECK(condition, where, ...)                     \
    do {                                                      \
        if (!(condition)) ::tern::fail((where), __VA_ARGS__); \
    } while (false)

/// Our own fault: stays on in release builds and says that it is our bug.
#define TERN_ASSERT(condition)                                                      \
    do {                                                                            \
        if (!(condition)) ::tern::assertion_failed(#condition, __FILE__, __LINE__); \
    } while (false)
