#include "tern/apps/report/html.hpp"

#include <cstdint>

#include <nlohmann/json.hpp>

#include "tern/core/files/utf8.hpp"

namespace tern::apps::report {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";

// Of what is_utf8() would take; 0 where nothing is to be taken.
std::size_t letter_at(std::string_view text) {
    for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
        if (is_utf8(text.substr(0, length))) return length;
    }
    return 0;
}

bool is_control(std::string_view letter) {
    const auto first = static_cast<unsigned char>(letter.front());
    if (letter.size() == 1) return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7F;
    return first == 0xC2 && static_cast<unsigned char>(letter[1]) < 0xA0;  // U+0080 to U+009F
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = letter_at(text);
        const std::string_view letter = text.substr(0, length);
        if (length == 0 || is_control(letter))
            out += kReplacement;
        else if (letter == "&")
            out += "&amp;";
        else if (letter == "<")
            out += "&lt;";
        else if (letter == ">")
            out += "&gt;";
        else if (letter == "\"")
            out += "&quot;";
        else if (letter == "'")
            out += "&#39;";
        else
            out += letter;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

std::string script_json(const nlohmann::ordered_json& value) {
    std::string out;
    // "<" stands in JSON's texts alone. With all else as ASCII no separator of lines is left either.
    for (const char c : value.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace)) {
        if (c == '<')
            out += "\\u003c";
        else
            out += c;
    }
    return out;
}

std::string base64(std::span<const std::byte> bytes) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8 | (i < count ? std::to_integer<std::uint32_t>(bytes[at + i]) : 0);
        for (std::size_t i = 0; i < 4; ++i) out += i <= count ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
    }
    return out;
}

}  // namespace tern::apps::report
