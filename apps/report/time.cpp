#include <algorithm>
#include <numeric>

#include "tern/apps/console.hpp"
#include "tern/apps/report/report.hpp"

namespace tern::apps::report {
namespace {

double sum_of(const NamedSeconds& parts) {
    return std::accumulate(parts.begin(), parts.end(), 0.0,
                           [](double sum, const auto& part) { return sum + part.second; });
}

// Every part of any rank, in the order of the first that has it.
std::vector<std::string> names_of(const std::vector<RankTimes>& ranks, NamedSeconds RankTimes::*list) {
    std::vector<std::string> names;
    for (const RankTimes& rank : ranks)
        for (const auto& [name, seconds] : rank.*list)
            if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    return names;
}

std::string label_of(const RankTimes& rank) { return to_text("rank ", rank.rank, ", ", rank.host); }

double seconds_of(const NamedSeconds& list, const std::string& name) {
    const auto found = std::ranges::find(list, name, &NamedSeconds::value_type::first);
    return found == list.end() ? 0 : found->second;
}

// The colour of page.css: a part's own, and one for all others.
std::size_t colour_of(const std::string& part) {
    const auto at = std::ranges::find(time_parts(), part) - time_parts().begin();
    return std::min(static_cast<std::size_t>(at), time_parts().size() - 1);
}

// Of every rank, as long as its share of the longest.
Html stacked_bars(const std::vector<RankTimes>& ranks, const std::vector<std::string>& names) {
    double longest = 0;
    for (const RankTimes& rank : ranks) longest = std::max(longest, sum_of(rank.parts));
    Html bars;
    bars << "<div class=\"stacks\" aria-hidden=\"true\">\n";
    for (const RankTimes& rank : ranks) {
        bars << "<span>" << label_of(rank) << "</span><div class=\"stack\">";
        for (const std::string& name : names)
            if (const double seconds = seconds_of(rank.parts, name); seconds > 0)
                bars << "<span class=\"part-" << colour_of(name)
                     << "\" style=\"width:" << formatted("%.3f", 100 * seconds / longest) << "%\" title=\""
                     << name << ": " << formatted("%.1f", seconds) << " s\"></span>";
        bars << "</div>\n";
    }
    bars << "</div>\n";
    return bars;
}

Html parts_table(const std::vector<RankTimes>& ranks, const std::vector<std::string>& names, int digits) {
    std::vector<Html> columns{Html("rank")};
    for (const std::string& name : names) {
        Html column;
        column << "<span class=\"swatch part-" << colour_of(name) << "\"></span>" << name;
        columns.push_back(column);
    }
    columns.emplace_back("all");
    Html rows = begin_table_of("times", Html("Seconds over all epochs, and shares of them"), columns);
    for (const RankTimes& rank : ranks) {
        const double all = sum_of(rank.parts);
        rows << "<tr><th scope=\"row\">" << label_of(rank) << "</th>";
        for (const std::string& name : names) {
            const double seconds = seconds_of(rank.parts, name);
            rows << "<td>" << decimals(seconds, digits) << " <small>"
                 << formatted("%.1f\u00a0%%", all > 0 ? 100 * seconds / all : 0) << "</small></td>";
        }
        rows << "<td>" << decimals(all, digits) << "</td></tr>\n";
    }
    rows << end_table();
    return rows;
}

Html waits_table(const std::vector<RankTimes>& ranks, int digits) {
    const std::vector<std::string> names = names_of(ranks, &RankTimes::waits);
    if (names.empty()) return {};
    std::vector<std::string> columns{"waited for"};
    for (const RankTimes& rank : ranks) columns.push_back(label_of(rank));
    Html rows =
        begin_table("times", Html("Seconds that ranks waited for others, a part of the exchange"), columns);
    for (const std::string& name : names) {
        rows << "<tr><th scope=\"row\">" << name << "</th>";
        for (const RankTimes& rank : ranks)
            rows << "<td>" << decimals(seconds_of(rank.waits, name), digits) << "</td>";
        rows << "</tr>\n";
    }
    rows << end_table();
    return rows;
}

}  // namespace

Html time_part(const Run& run) {
    Html part;
    if (!run.times || run.times->ranks.empty()) return part;
    const std::vector<RankTimes>& ranks = run.times->ranks;
    const std::vector<std::string> names = names_of(ranks, &RankTimes::parts);
    const double all = sum_of(ranks.front().parts);
    const int digits = all < 10 ? 3 : 1;
    part << "<h3>Where the time went</h3>\n<p class=\"small\">" << format_seconds(all) << ", from "
         << counted(static_cast<std::size_t>(run.times->epochs), "line") << " of times.jsonl"
         << (run.times->cut ? ", the last of which is not whole and is left out" : "") << ".</p>\n"
         << stacked_bars(ranks, names) << parts_table(ranks, names, digits) << waits_table(ranks, digits);
    return part;
}

}  // namespace tern::apps::report
