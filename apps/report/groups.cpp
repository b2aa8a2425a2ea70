#include "tern/apps/report/groups.hpp"

#include "tern/apps/console.hpp"
#include "tern/apps/report/compare_settings.hpp"

namespace tern::apps::report {
namespace {

std::string group_name(const Report& report, const std::vector<Group>& groups, std::size_t index) {
    std::vector<ConfigValues> firsts;
    for (const Group& one : groups) firsts.push_back(report.runs[one.front()].run.config);
    std::vector<std::string> words;
    for (const SettingRow& row : compare_settings(firsts)) {
        const Flag value = row.values[index];
        if (value && row.differs && decides_result(row.name)) words.push_back(to_text(row.name, ' ', *value));
    }
    return joined(words);
}

}  // namespace

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const std::string& word : words) text += to_text(text.empty() ? "" : between, word);
    return text;
}

std::string setting_of(const Report& report, const Group& group, const std::string& key) {
    return joined(values_of(report, group, [&](const ReportedRun& own) { return own.run.setting(key); }));
}

Spread accuracy_of(const Report& report, const Group& group) {
    std::vector<double> values;
    for (const std::size_t i : group) {
        const auto& [run, tested, batch] = report.runs[i];
        if (!run.finished()) continue;
        if (const auto logged = run.logged_test_accuracy())
            values.push_back(*logged);
        else if (run.counts_steps() && tested.done())
            values.push_back(tested.scores.accuracy);
    }
    return spread_of(values);
}

Spread flattered_accuracy_of(const Report& report, const Group& group) {
    std::vector<double> values;
    for (const std::size_t i : group)
        if (const auto best = report.runs[i].run.flattered_test_accuracy();
            best && report.runs[i].run.finished())
            values.push_back(*best);
    return spread_of(values);
}

std::string in_words(const Spread& spread) {
    if (spread.count == 0) return "\u2013";
    if (!spread.deviation) return percent(spread.mean);
    return formatted("%.2f\u00a0\u00b1\u00a0%.2f\u00a0%%", 100 * spread.mean, 100 * *spread.deviation);
}

std::string how_many(const Report& report, const Group& group) {
    const Spread spread = accuracy_of(report, group);
    if (spread.count == 0) return "no run is at its end with an accuracy on the tests yet";
    if (spread.count == 1)
        return "accuracy on the tests, one run: how much it varies from seed to seed is not known";
    // A run and a copy of it say no more than the run.
    const std::size_t seeds =
        values_of(report, group, [](const ReportedRun& own) { return own.run.setting("seed"); }).size();
    return to_text(
        "accuracy on the tests, mean and standard deviation of ", spread.count,
        seeds < group.size() ? " runs of equal settings, with " : " runs that differ in the seed alone",
        seeds < group.size() ? counted(seeds, "seed") : "");
}

Html comparison(const Report& report, const std::vector<Group>& groups) {
    Html table;
    table << begin_table(
        "groups",
        Html("Accuracy on the tests: mean and standard deviation of runs that differ in the seed alone"),
        {"settings", "runs", "seeds", "accuracy", "of best, chosen on the tests"});
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const Group& group = groups[i];
        table << "<tr><th scope=\"row\">" << group_name(report, groups, i) << "</th><td class=\"word\">"
              << joined(values_of(report, group, [](const ReportedRun& own) { return own.run.name; }))
              << "</td><td>" << setting_of(report, group, "seed") << "</td><td><strong>"
              << in_words(accuracy_of(report, group)) << "</strong></td><td>"
              << in_words(flattered_accuracy_of(report, group)) << "</td></tr>\n";
    }
    table << end_table();
    return table;
}

}  // namespace tern::apps::report
