// What several sections write alike.
#include <algorithm>

#include "tern/apps/console.hpp"
#include "tern/apps/report/report.hpp"

namespace tern::apps::report {
namespace {

constexpr const char* kNone = "\u2013";

}  // namespace

std::vector<ConfigValues> Report::configs() const {
    std::vector<ConfigValues> all;
    for (const ReportedRun& own : runs) all.push_back(own.run.config);
    return all;
}

std::string Report::title() const {
    std::vector<std::string> models;
    for (const ReportedRun& own : runs) {
        const std::string model = own.run.setting("model");
        if (std::ranges::find(models, model) == models.end()) models.push_back(model);
    }
    std::string names;
    for (const std::string& model : models) names += to_text(names.empty() ? "" : ", ", model);
    return runs.size() == 1 ? to_text(names, ", run ", runs.front().run.name)
                            : to_text(names, ", ", runs.size(), " runs");
}

Html begin_table(std::string_view kind, const Html& caption, const std::vector<std::string>& columns) {
    return begin_table_of(kind, caption, std::vector<Html>(columns.begin(), columns.end()));
}

Html begin_table_of(std::string_view kind, const Html& caption, const std::vector<Html>& columns) {
    Html table;
    table << "<div class=\"wide\"><table class=\"" << kind << "\">\n<caption><span class=\"caption\">"
          << caption << "</span></caption>\n<thead><tr>";
    for (const Html& column : columns) table << "<th scope=\"col\">" << column << "</th>";
    table << "</tr></thead>\n<tbody>\n";
    return table;
}

Html end_table() {
    Html table;
    table << "</tbody></table></div>\n";
    return table;
}

std::string percent(double share) { return formatted("%.2f\u00a0%%", 100 * share); }
std::string percent(std::optional<double> share) { return share ? percent(*share) : kNone; }

std::string decimals(std::optional<double> value, int digits) {
    return value ? formatted("%.*f", digits, *value) : kNone;
}

std::string counted(std::size_t count, const std::string& thing) {
    return to_text(count, ' ', thing, count == 1 ? "" : "s");
}

}  // namespace tern::apps::report
