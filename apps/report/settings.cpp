#include <algorithm>

#include "tern/apps/report/compare_settings.hpp"
#include "tern/apps/report/report.hpp"

namespace tern::apps::report {
namespace {

Html table_of(const Report& report, const std::vector<SettingRow>& rows, const char* caption) {
    std::vector<std::string> columns{"setting"};
    for (const ReportedRun& own : report.runs) columns.push_back(own.run.name);
    Html table;
    table << begin_table("settings", Html(caption), columns);
    for (const SettingRow& row : rows) {
        table << "<tr><th scope=\"row\">" << row.name << "</th>";
        for (const Flag& value : row.values) table << "<td>" << value.value_or("\u2013") << "</td>";
        table << "</tr>\n";
    }
    table << end_table();
    return table;
}

}  // namespace

Html settings_section(const Report& report) {
    const std::vector<SettingRow> all = compare_settings(report.configs());
    std::vector<SettingRow> different;
    std::ranges::copy_if(all, std::back_inserter(different), &SettingRow::differs);
    Html section;
    section << "<section>\n<h2 id=\"settings\">Settings</h2>\n";
    if (!different.empty())
        section << table_of(report, different, "Settings in which the runs differ");
    else if (report.runs.size() > 1)
        section << "<p>The runs have the same settings.</p>\n";
    section << "<details>\n<summary>All " << all.size() << " settings</summary>\n"
            << table_of(report, all, "All settings, as config.toml has them") << "</details>\n</section>\n";
    return section;
}

}  // namespace tern::apps::report
