#include <algorithm>
#include <cmath>

#include "tern/apps/console.hpp"
#include "tern/apps/report/chart.hpp"

namespace tern::apps::report {
namespace {

// A table of so many runs stays in sight beside the charts below it.
constexpr std::size_t kHeldInSight = 6;

const Scores& held(const RunLog& log, const EpochLine& row) {
    return log.validated ? row.validation : row.test;
}

std::string plain(double value) { return formatted("%.4g", value); }
std::string whole(double value) {
    return value >= 1000 && value < 1e15 ? format_count(std::llround(value)) : formatted("%.4g", value);
}
std::string share(double value) { return formatted("%.4g %%", 100 * value); }

// What solid lines are of.
std::string held_word(const Report& report) {
    const auto validated =
        std::ranges::count_if(report.runs, [](const ReportedRun& own) { return own.run.log.validated; });
    if (validated == 0) return "test";
    return validated == std::ssize(report.runs) ? "validation" : "test or validation";
}

std::vector<Panel> panels(const Report& report) {
    const std::string lines = held_word(report) + " solid, training dashed";
    return {
        {"loss",
         "Loss",
         lines,
         false,
         plain,
         {{"train_loss", false, [](const RunLog&, const EpochLine& row) { return row.train.loss; }},
          {"held_loss", true, [](const RunLog& log, const EpochLine& row) { return held(log, row).loss; }}}},
        {"accuracy",
         "Accuracy",
         lines,
         false,
         share,
         {{"train_accuracy", false, [](const RunLog&, const EpochLine& row) { return row.train.accuracy; }},
          {"held_accuracy", true,
           [](const RunLog& log, const EpochLine& row) { return held(log, row).accuracy; }}}},
        {"learning-rate",
         "Learning rate",
         "of the last step of an epoch",
         true,
         plain,
         {{"learning_rate", true,
           [](const RunLog&, const EpochLine& row) { return std::optional(row.learning_rate); }}}},
        {"speed",
         "Images per second",
         "while training",
         true,
         whole,
         {{"images_per_second", true,
           [](const RunLog&, const EpochLine& row) { return std::optional(row.images_per_second); }}}}};
}

// Numbers of the last epoch of each run; page.js shows those of another.
Html numbers(const Report& report) {
    const std::string held_name = held_word(report);
    Html caption, table;
    caption
        << "<span id=\"numbers-caption\" aria-live=\"polite\">Numbers at the last epoch of each run</span>";
    table << begin_table("numbers", caption,
                         {"run", "epoch", "training loss", held_name + " loss", "training accuracy",
                          held_name + " accuracy", "learning rate", "images/s"});
    for (std::size_t i = 0; i < report.runs.size(); ++i) {
        const Run& run = report.runs[i].run;
        const EpochLine row = run.log.epochs.empty() ? EpochLine() : run.log.epochs.back();
        const bool any = row.epoch > 0;
        table << "<tr class=\"run-" << i << "\"><th scope=\"row\"><label class=\"colour-" << i % kColours
              << "\"><input type=\"checkbox\" checked id=\"show-" << i << "\"><span class=\"swatch\"></span>"
              << run.name << "</label></th><td>" << (any ? std::to_string(row.epoch) : std::string("\u2013"))
              << "</td><td>" << decimals(row.train.loss, 4) << "</td><td>"
              << decimals(held(run.log, row).loss, 4) << "</td><td>" << percent(row.train.accuracy)
              << "</td><td>" << percent(held(run.log, row).accuracy) << "</td><td>"
              << (any ? formatted("%.3g", row.learning_rate) : std::string("\u2013")) << "</td><td>"
              << (any ? whole(std::round(row.images_per_second)) : std::string("\u2013")) << "</td></tr>\n";
    }
    table << end_table();
    return table;
}

}  // namespace

Html curves_section(const Report& report) {
    Html section;
    section << "<section>\n<h2 id=\"curves\">Curves</h2>\n";
    const bool any =
        std::ranges::any_of(report.runs, [](const ReportedRun& own) { return !own.run.log.epochs.empty(); });
    if (!any) {
        section << "<p>No run has a line of metrics yet.</p>\n</section>\n";
        return section;
    }
    section << "<p class=\"scripted\">Point at a chart, or press the arrow keys in one, to see the numbers "
               "of an epoch. "
               "Clear a tick to hide a run.</p>\n"
            << "<div class=\"" << (report.runs.size() <= kHeldInSight ? "held" : "") << "\">\n"
            << numbers(report) << "</div>\n<div class=\"charts\">\n";
    for (const Panel& panel : panels(report)) section << chart(report, panel);
    section << "</div>\n</section>\n";
    return section;
}

}  // namespace tern::apps::report
