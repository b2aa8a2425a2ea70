#include <algorithm>

#include "tern/apps/report/groups.hpp"
#include "tern/version.hpp"

namespace tern::apps::report {
namespace {

// How the number was chosen, in a sentence for each way that the runs have.
Html honest_words(const Report& report, const Group& group, bool one_group) {
    Html words;
    const auto any = [&](auto holds) {
        return std::ranges::any_of(group, [&](std::size_t i) { return holds(report.runs[i]); });
    };
    if (any([](const ReportedRun& own) { return own.run.log.best_epoch.has_value(); }))
        words << "<p>Chosen on validation samples: the tests were looked at once, with the weights of the "
                 "epoch that did best on "
                 "samples held out of training.</p>\n";
    const Spread flattered = flattered_accuracy_of(report, group);
    if (flattered.count > 0)
        words << "<p>"
              << (one_group ? "This is the accuracy" : "Accuracies of runs without validation are those")
              << " after the last epoch. <code>best.safetensors</code> was chosen on the tests themselves, "
                 "which "
                 "flatters it"
              << (one_group ? to_text(": ", in_words(flattered)) : "")
              << ". <code>--validation</code> would hold out samples for that choice.</p>\n";
    if (any([](const ReportedRun& own) { return own.run.counts_steps() && own.tested.done(); }))
        words << "<p>A run of steps evaluates nothing; its accuracy was measured for this page, with its "
                 "last weights.</p>\n";
    return words;
}

std::string trained_on(const ReportedRun& own) {
    const std::string threads = own.run.setting("threads");
    std::string text = own.run.setting("device");
    if (text == "cpu" && !threads.empty())
        text += to_text(", ", threads, threads == "1" ? " thread" : " threads");
    if (!own.run.times || own.run.times->ranks.empty()) return text;
    std::vector<std::string> hosts;
    for (const RankTimes& rank : own.run.times->ranks)
        if (std::ranges::find(hosts, rank.host) == hosts.end()) hosts.push_back(rank.host);
    const std::size_t ranks = own.run.times->ranks.size();
    return ranks == 1 ? to_text(text, ", ", hosts.front())
                      : to_text(counted(ranks, "rank"), " on ", joined(hosts), "; each: ", text);
}

Html fact(const std::string& name, const std::string& value) {
    Html row;
    if (!value.empty()) row << "<div><dt>" << name << "</dt><dd>" << value << "</dd></div>\n";
    return row;
}

Html facts(const Report& report, const Group& group) {
    Html list;
    list << "<dl class=\"facts\">\n"
         << fact("Model", setting_of(report, group, "model"))
         << fact("Data", setting_of(report, group, "data"))
         << fact("Epochs", setting_of(report, group, "epochs"))
         << fact("Steps", setting_of(report, group, "steps"))
         << fact(group.size() == 1 ? "Seed" : "Seeds", setting_of(report, group, "seed"))
         << fact("Trained on", joined(values_of(report, group, trained_on), "; ")) << "</dl>\n";
    return list;
}

// Those that are not at their end, and files with half a line.
Html unfinished(const Report& report) {
    Html list;
    for (const auto& [run, tested, batch] : report.runs) {
        const std::int64_t done = run.log.epochs.empty() ? 0 : run.log.epochs.back().epoch;
        if (!run.finished()) {
            list << "<li>" << run.name << " is still running, or was stopped: ";
            if (run.counts_steps())
                list << "it has no line of metrics yet.</li>\n";
            else if (done >= run.epochs_wanted())
                list << "its tests with the best weights are still to come.</li>\n";
            else
                list << done << " of " << run.epochs_wanted()
                     << " epochs are done. Means leave it out.</li>\n";
        }
        if (run.log.cut)
            list << "<li>The last line of " << run.name
                 << "'s metrics.jsonl is not whole and is left out.</li>\n";
    }
    Html notes;
    if (!list.empty()) notes << "<ul class=\"notes\">\n" << list << "</ul>\n";
    return notes;
}

}  // namespace

Html verdict_section(const Report& report) {
    const std::vector<Group> groups = repeated_runs(report.configs());
    Group all(report.runs.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    Html section;
    section << "<section>\n<h2 id=\"result\">Result</h2>\n";
    if (groups.size() == 1) {
        section << "<p class=\"verdict\"><strong>" << in_words(accuracy_of(report, all)) << "</strong> "
                << how_many(report, all) << "</p>\n";
    } else {
        section << comparison(report, groups);
    }
    section << honest_words(report, all, groups.size() == 1) << unfinished(report) << facts(report, all)
            << "<p class=\"made\">Made by tern " << std::string(kVersion) << " on " << report.machine
            << ".</p>\n</section>\n";
    return section;
}

}  // namespace tern::apps::report
