// Writing HTML and SVG so that nothing of a file's or a user's becomes markup by mistake.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace tern::apps::report {

/// The text as it may stand in elements and in quoted attributes: & < > " ' as references, control characters and
/// bytes that are no UTF-8 as U+FFFD.
std::string escaped(std::string_view text);

/// Literals are markup; every other text is escaped.
class Html {
  public:
    Html() = default;
    explicit Html(std::string_view text) : markup_(escaped(text)) {}

    template <std::size_t N>
    Html& operator<<(const char (&markup)[N]) {
        markup_.append(markup, N - 1);
        return *this;
    }
    Html& operator<<(std::string_view text) {
        markup_ += escaped(text);
        return *this;
    }
    Html& operator<<(std::integral auto number) {
        markup_ += std::to_string(number);
        return *this;
    }
    Html& operator<<(const Html& other) {
        markup_ += other.markup_;
        return *this;
    }
    /// Markup that is no literal: the program's own files.
    Html& own(std::string_view markup) {
        markup_ += markup;
        return *this;
    }

    bool empty() const { return markup_.empty(); }
    const std::string& str() const { return markup_; }

  private:
    std::string markup_;
};

/// On one line, as it may stand in a <script>: no "<", so that nothing in it ends the element.
std::string script_json(const nlohmann::ordered_json& value);

/// RFC 4648, section 4.
std::string base64(std::span<const std::byte> bytes);

}  // namespace tern::apps::report
