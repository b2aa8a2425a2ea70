// Files of one JSON object per line, which a run that goes on may be writing to.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "tern/core/error.hpp"

namespace tern::apps::report {

/// One object, and where it is from.
struct JsonLine {
    nlohmann::json object;
    const std::string& file;
    std::int64_t number;  // from 1

    /// Throws Error "[file] line N: ..." for a key that is not there, and for what is no number up to 1e100. null: none.
    std::optional<double> number_or_null(const char* key) const;
    double finite(const char* key) const;
    /// A whole number from `low` on, below 2^53.
    std::int64_t whole(const char* key, std::int64_t low) const;

    /// Throws Error "[file] line N: parts...".
    template <class... Args>
    [[noreturn]] void refuse(const Args&... parts) const {
        fail(file, "line ", number, ": ", parts...);
    }

  private:
    const nlohmann::json& at(const char* key) const;
};

/// Tells `take` of each line. A last one that has no end and is no JSON is left out: it is being written; whether there is
/// one is returned. Throws Error that names `file` and the line for any other that is no JSON object.
bool for_each_json_line(std::string_view text, const std::string& file,
                        const std::function<void(const JsonLine& line)>& take);

}  // namespace tern::apps::report
