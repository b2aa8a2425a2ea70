// All that a page shows, and the sections that show it.
#pragma once

#include <vector>

#include "tern/apps/report/html.hpp"
#include "tern/apps/report/run.hpp"
#include "tern/apps/report/seen_batch.hpp"
#include "tern/apps/report/tested_run.hpp"

namespace tern::apps::report {

struct ReportedRun {
    Run run;
    TestedRun tested;
    SeenBatch batch;
};

struct Report {
    std::vector<ReportedRun> runs;
    std::string machine;  // where the page was made

    std::vector<ConfigValues> configs() const;
    /// What a heading calls it: "lenet5, 3 runs".
    std::string title() const;
};

/// What came out, of runs that differ in the seed alone together, and how that was chosen.
Html verdict_section(const Report& report);
/// Loss, accuracy, learning rate and images per second of all runs, and their numbers at one epoch.
Html curves_section(const Report& report);
/// Those in which runs differ, then all.
Html settings_section(const Report& report);

// Of one run; `id` begins the ids of its elements.
Html confusion_part(const TestedRun& tested, const std::string& id);
Html classes_part(const TestedRun& tested);
Html mistakes_part(const TestedRun& tested, std::size_t budget);
Html calibration_part(const TestedRun& tested, const std::string& id);
Html batch_part(const SeenBatch& batch, std::size_t budget);
Html time_part(const Run& run);
Html command_part(const Run& run);

/// The numbers of all runs, in a <script> that nothing runs.
Html data_section(const Report& report);

/// The whole page, of at most `limit` bytes where leaving out pictures can bring that about.
std::string page(const Report& report, std::size_t limit);

// What several sections write alike.

/// A table that may be wider than the screen, as far as its body; end_table() ends it. `kind`: its class in page.css.
Html begin_table(std::string_view kind, const Html& caption, const std::vector<std::string>& columns);
/// The same, of columns that are more than text.
Html begin_table_of(std::string_view kind, const Html& caption, const std::vector<Html>& columns);
Html end_table();

std::string percent(double share);                 // "63.91 %"
std::string percent(std::optional<double> share);  // or a dash
std::string decimals(std::optional<double> value, int digits);
std::string counted(std::size_t count, const std::string& thing);  // "1 run", "3 runs"

}  // namespace tern::apps::report
