#include "tern/data/class_names.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/files/file_kind.hpp"
#include "tern/core/files/utf8.hpp"
#include "tern/data/dataset.hpp"

namespace tern {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

bool is_class_name(const std::string& line) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    return !line.empty() && !line.starts_with(kByteOrderMark) && line.back() != ' ' &&
           std::ranges::none_of(line, is_control) && is_utf8(line);
}

void check_class_names(std::string_view where, const std::vector<std::string>& names) {
    TERN_CHECK(!names.empty() && names.size() <= Dataset::kMostClasses, where, "takes 1 to ",
               Dataset::kMostClasses, " classes, got ", names.size());
    for (const std::string& name : names)
        TERN_CHECK(is_class_name(name), where, "takes names of classes that are one line, got \"", name, '"');
    TERN_CHECK(std::set(names.begin(), names.end()).size() == names.size(), where,
               "takes names of classes that differ");
}

std::vector<std::string> parse_class_names(const std::string& file, const std::string& text) {
    TERN_CHECK(!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF"), file,
               mistaken_kind(FileKind::utf16, "names of classes"));
    std::vector<std::string> classes;
    std::istringstream lines(text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text);
    for (std::string line; std::getline(lines, line);)
        classes.push_back(line.substr(0, line.find_last_not_of(" \t\r") + 1));
    while (!classes.empty() && classes.back().empty())
        classes.pop_back();  // the published file ends with one
    TERN_CHECK(!classes.empty() && classes.size() <= Dataset::kMostClasses, file, "names ", classes.size(),
               " classes, expected 1 to ", Dataset::kMostClasses);
    for (std::size_t i = 0; i < classes.size(); ++i) {
        TERN_CHECK(is_class_name(classes[i]), file, "line ", i + 1,
                   " is not a printable class name in UTF-8");
        const auto first = std::ranges::find(classes, classes[i]) - classes.begin();
        TERN_CHECK(static_cast<std::size_t>(first) == i, file, "line ", i + 1, " names ", classes[i],
                   " again, as line ", first + 1);
    }
    return classes;
}

std::vector<std::string> read_class_names(const std::filesystem::path& file) {
    const std::int64_t bytes = size_of_file(file);
    TERN_CHECK(bytes <= kLargestClassNames, file.string(), "has ", bytes, " bytes, more than the ",
               kLargestClassNames, " that class names may take");
    return parse_class_names(file.string(), read_text_file(file, kLargestClassNames));
}

std::vector<std::string> numbered_classes(std::int64_t count) {
    std::vector<std::string> names;
    for (std::int64_t k = 0; k < count; ++k) names.push_back(to_text("class ", k));
    return names;
}

}  // namespace tern
